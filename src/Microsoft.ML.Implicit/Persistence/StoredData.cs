namespace Microsoft.ML.Implicit.Persistence;

/// <summary>Data written by this library, which may have been altered since.</summary>
internal static class StoredData
{
    public static byte[] Serialize(Action<BinaryWriter> write)
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        write(writer);
        writer.Flush();
        return buffer.ToArray();
    }

    /// <summary>Reads all of the data.</summary>
    /// <param name="data">The data.</param>
    /// <param name="name">What it is, for messages.</param>
    /// <param name="read">Reads it; whatever exception it meets on the way, the data is not valid.</param>
    /// <exception cref="FormatException">The data is not valid, or there is more of it.</exception>
    public static T Parse<T>(byte[] data, string name, Func<BinaryReader, T> read)
    {
        using var reader = new BinaryReader(new MemoryStream(data, writable: false));
        T result = Understand(name, () => read(reader));
        return reader.BaseStream.Position == data.Length
            ? result
            : throw new FormatException($"The {name} holds more than this version of Microsoft.ML.Implicit understands.");
    }

    /// <summary>Makes something of data.</summary>
    /// <param name="name">What the data is, for messages.</param>
    /// <param name="make">Whatever exception it meets on the way, the data is not valid.</param>
    /// <exception cref="FormatException">The data is not valid.</exception>
    public static T Understand<T>(string name, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception exception) when (exception is not (FormatException or OutOfMemoryException))
        {
            throw new FormatException($"The {name} does not hold what it should.", exception);
        }
    }
}
