using System.Security.Cryptography;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Training;

/// <summary>The file of a <see cref="TrainingCheckPoint"/>: a mark, the digest of what follows, and that.</summary>
/// <param name="Seed">Seed of the training.</param>
/// <param name="Options">Fingerprint of the options.</param>
/// <param name="Data">Fingerprint of the data.</param>
/// <param name="Networks">State of each network that was begun.</param>
internal sealed record TrainingCheckPointFile(int Seed, byte[] Options, byte[] Data, IReadOnlyList<byte[]> Networks)
{
    private static ReadOnlySpan<byte> Mark => "IMLTRN02"u8;

    public void Write(string path) => AtomicFile.Write(path, file =>
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        writer.Write(Seed);
        writer.Write(Options);
        writer.Write(Data);
        writer.Write(Networks.Count);
        foreach (byte[] network in Networks)
        {
            writer.Write(network.Length);
            writer.Write(network);
        }

        writer.Flush();
        ReadOnlySpan<byte> payload = buffer.GetBuffer().AsSpan(0, checked((int)buffer.Length));
        file.Write(Mark);
        file.Write(SHA256.HashData(payload));
        file.Write(payload);
    });

    /// <exception cref="FormatException">The file is no check point, or was altered.</exception>
    public static TrainingCheckPointFile Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int header = Mark.Length + SHA256.HashSizeInBytes;
        if (file.Length < header || !file.AsSpan().StartsWith(Mark))
        {
            throw new FormatException($"'{path}' is not a check point of training.");
        }

        byte[] payload = file[header..];
        return SHA256.HashData(payload).AsSpan().SequenceEqual(file.AsSpan(Mark.Length, SHA256.HashSizeInBytes))
            ? StoredData.Parse(payload, $"check point '{path}'", Read)
            : throw new FormatException($"The check point '{path}' was cut off or altered after it was written. Delete it to train anew.");
    }

    private static TrainingCheckPointFile Read(BinaryReader reader)
    {
        int seed = reader.ReadInt32();
        byte[] options = reader.ReadBytes(SHA256.HashSizeInBytes);
        byte[] data = reader.ReadBytes(SHA256.HashSizeInBytes);
        int count = reader.ReadInt32();
        var networks = new List<byte[]>();
        while (networks.Count < count)
        {
            int length = reader.ReadInt32();
            networks.Add(length >= 0 && length <= reader.BaseStream.Length - reader.BaseStream.Position
                ? reader.ReadBytes(length)
                : throw new FormatException("A network is longer than the file."));
        }

        return new TrainingCheckPointFile(seed, options, data, networks);
    }
}
