using System.Security.Cryptography;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A file with the state of a forecast engine: a mark, the digest of its model, and the state with its own digest.</summary>
internal static class ForecastCheckPoint
{
    private static ReadOnlySpan<byte> Mark => "LODECP02"u8;

    public static void Write(string path, LatentOdeModelParameters model, ForecastState state)
    {
        byte[] payload = Serialize(state.Write);
        byte[] modelDigest = SHA256.HashData(Serialize(model.Write));
        AtomicFile.Write(path, file =>
        {
            file.Write(Mark);
            file.Write(modelDigest);
            file.Write(SHA256.HashData(payload));
            file.Write(payload);
        });
    }

    /// <exception cref="FormatException">The file is not a check point, was altered, or belongs to another model.</exception>
    public static ForecastState Read(string path, LatentOdeModelParameters model)
    {
        ReadOnlySpan<byte> file = File.ReadAllBytes(path);
        int header = Mark.Length + (2 * SHA256.HashSizeInBytes);
        if (file.Length < header || !file.StartsWith(Mark))
        {
            throw new FormatException($"'{path}' is not a check point of a forecast engine, or of another version of Microsoft.ML.Implicit.");
        }

        if (!file.Slice(Mark.Length, SHA256.HashSizeInBytes).SequenceEqual(SHA256.HashData(Serialize(model.Write))))
        {
            throw new FormatException($"'{path}' was written with another model.");
        }

        byte[] payload = file[header..].ToArray();
        if (!file.Slice(Mark.Length + SHA256.HashSizeInBytes, SHA256.HashSizeInBytes).SequenceEqual(SHA256.HashData(payload)))
        {
            throw new FormatException($"'{path}' was cut off or altered after it was written.");
        }

        using var reader = new BinaryReader(new MemoryStream(payload, writable: false));
        return ForecastState.Read(reader, model);
    }

    private static byte[] Serialize(Action<BinaryWriter> write)
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        write(writer);
        writer.Flush();
        return buffer.ToArray();
    }
}
