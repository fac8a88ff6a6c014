namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Arrays of numbers with their length before them.</summary>
internal static class BinaryArrays
{
    public static void Write(BinaryWriter writer, double[] values)
    {
        writer.Write(values.Length);
        foreach (double value in values)
        {
            writer.Write(value);
        }
    }

    /// <exception cref="FormatException">The length is more than the file holds.</exception>
    public static double[] ReadDoubles(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / sizeof(double))
        {
            throw new FormatException("The model file holds an array of impossible length.");
        }

        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = reader.ReadDouble();
        }

        return values;
    }

    /// <exception cref="FormatException">The array has another length.</exception>
    public static double[] ReadDoubles(BinaryReader reader, int length)
    {
        double[] values = ReadDoubles(reader);
        return values.Length == length ? values : throw new FormatException($"The file holds an array of {values.Length} numbers where {length} belong.");
    }
}
