using System.Security.Cryptography;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A file with the state of a forecast engine: a mark, the digest of its model, and the state with its own digest.</summary>
internal static class ForecastCheckPoint
{
    private static ReadOnlySpan<byte> Mark => "LODECP02"u8;

    private static ReadOnlySpan<byte> FirstMark => "LODECP01"u8;

    public static void Write(string path, ForecastModelParameters model, ForecastState state)
    {
        byte[] payload = StoredData.Serialize(state.Write);
        AtomicFile.Write(path, file =>
        {
            file.Write(Mark);
            file.Write(model.Identity);
            file.Write(SHA256.HashData(payload));
            file.Write(payload);
        });
    }

    /// <exception cref="FormatException">The file is not a check point, was altered, or belongs to another model.</exception>
    public static ForecastState Read(string path, ForecastModelParameters model)
    {
        ReadOnlySpan<byte> file = File.ReadAllBytes(path);
        int header = Mark.Length + (2 * SHA256.HashSizeInBytes);
        bool isFirst = file.StartsWith(FirstMark);
        if (file.Length < header || !(isFirst || file.StartsWith(Mark)))
        {
            throw new FormatException($"'{path}' is not a check point of a forecast engine, or of another version of Microsoft.ML.Implicit.");
        }

        if (!file.Slice(Mark.Length, SHA256.HashSizeInBytes).SequenceEqual(model.Identity))
        {
            throw new FormatException($"'{path}' was written with another model.");
        }

        byte[] payload = file[header..].ToArray();
        if (!file.Slice(Mark.Length + SHA256.HashSizeInBytes, SHA256.HashSizeInBytes).SequenceEqual(SHA256.HashData(payload)))
        {
            throw new FormatException($"'{path}' was cut off or altered after it was written.");
        }

        return StoredData.Parse(payload, $"check point '{path}'", reader => isFirst ? ForecastState.ReadFirstVersion(reader, model) : ForecastState.Read(reader, model));
    }
}
