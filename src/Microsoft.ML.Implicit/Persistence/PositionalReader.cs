using System.Security.Cryptography;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>
/// Reads what versions before the <see cref="ModelDocument"/> wrote, values one after another without names, and writes it to a document
/// under its names, from which it is read as what is written today.
/// </summary>
/// <param name="host">Host of the transformer.</param>
/// <param name="version">Version of the format.</param>
/// <param name="reader">The old data.</param>
/// <param name="writer">The document.</param>
internal sealed class PositionalReader(IHost host, uint version, BinaryReader reader, DocumentWriter writer)
{
    private const int LargestRank = 8;

    public IHost Host => host;

    public uint Version => version;

    public DocumentWriter Document => writer;

    private Stream Stream => reader.BaseStream;

    private long Rest => Stream.Length - Stream.Position;

    public PositionalReader Section(string name) => new(host, version, reader, writer.Section(name));

    /// <summary>A text.</summary>
    public void Text(string name) => writer.Write(name, reader.ReadString());

    /// <summary>A text that is empty where there is none.</summary>
    public void OptionalText(string name) => writer.Write(name, reader.ReadString() is { Length: > 0 } text ? text : null);

    public int Int32(string name)
    {
        int value = reader.ReadInt32();
        writer.Write(name, value);
        return value;
    }

    public void Double(string name) => writer.Write(name, reader.ReadDouble());

    public void Single(string name) => writer.Write(name, (double)reader.ReadSingle());

    public void Boolean(string name) => writer.Write(name, reader.ReadBoolean());

    /// <summary>One of a number of values, as a byte.</summary>
    public void Enum<TEnum>(string name)
        where TEnum : struct, Enum => writer.Write(name, ToEnum<TEnum>(reader.ReadByte()));

    /// <exception cref="FormatException">There is no such value.</exception>
    public static TEnum ToEnum<TEnum>(byte value)
        where TEnum : struct, Enum =>
        (TEnum)System.Enum.ToObject(typeof(TEnum), value) is var known && System.Enum.IsDefined(known)
            ? known
            : throw new FormatException($"The model file names {typeof(TEnum).Name} {value}, which this version does not know.");

    /// <summary>A number that has no name of its own.</summary>
    public int Count(int bytesEach = 1)
    {
        int count = reader.ReadInt32();
        return count >= 0 && count <= Rest / bytesEach ? count : throw new FormatException("The model file is shorter than a number in it says.");
    }

    /// <inheritdoc cref="Count"/>
    public byte Byte() => reader.ReadByte();

    /// <summary>So many texts.</summary>
    public string[] Texts(int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
        {
            texts.Add(reader.ReadString());
        }

        return [.. texts];
    }

    /// <summary>So many numbers.</summary>
    public double[] Doubles(long count)
    {
        double[] values = count >= 0 && count <= Rest / sizeof(double) ? new double[count] : throw new FormatException("The model file is shorter than a number in it says.");
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.ReadDouble();
        }

        return values;
    }

    /// <summary>So many numbers.</summary>
    public int[] Int32s(int count)
    {
        int[] values = count >= 0 && count <= Rest / sizeof(int) ? new int[count] : throw new FormatException("The model file is shorter than a number in it says.");
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.ReadInt32();
        }

        return values;
    }

    /// <summary>A vector with its length before it.</summary>
    public void Vector(string name) => writer.Write(name, Doubles(Count(sizeof(double))));

    /// <summary>What stands behind a mark that there is something, and ends where a reader of its own has read it.</summary>
    public void Skipped(string name, Action<Stream> read)
    {
        if (!reader.ReadBoolean())
        {
            return;
        }

        long start = Stream.Position;
        read(Stream);
        int length = (int)(Stream.Position - start);
        Stream.Position = start;
        writer.Write(name, reader.ReadBytes(length));
    }

    /// <summary>Parameters and buffers of a module.</summary>
    public void State(string name)
    {
        DocumentWriter section = writer.Section(name);
        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++)
        {
            string key = reader.ReadString();
            var type = (ScalarType)reader.ReadByte();
            long rank = reader.ReadInt64();
            long[] shape = rank is >= 0 and <= LargestRank ? new long[rank] : throw new FormatException($"Tensor '{key}' of the file has {rank} dimensions.");
            for (int d = 0; d < shape.Length; d++)
            {
                shape[d] = reader.ReadInt64();
            }

            long length = DocumentTensor.LengthOf(type, shape);
            section.Write(key, type, shape, length <= Rest ? reader.ReadBytes((int)length) : throw new FormatException($"Tensor '{key}' of the file is longer than the file."));
        }
    }

    /// <summary>The digest of all that is still to be read, which goes on from here.</summary>
    public void DigestOfRest(string name)
    {
        long position = Stream.Position;
        writer.Write(name, SHA256.HashData(reader.ReadBytes((int)Rest)));
        Stream.Position = position;
    }
}
