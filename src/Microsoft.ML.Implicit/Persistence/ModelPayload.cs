using System.Security.Cryptography;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>
/// The part of a model file that is ours: a length, a SHA-256 digest and that many bytes. A file that was cut off
/// or altered is recognised before any of it is used.
/// </summary>
internal static class ModelPayload
{
    public static void Write(BinaryWriter writer, byte[] payload)
    {
        writer.Write(payload.Length);
        writer.Write(SHA256.HashData(payload));
        writer.Write(payload);
    }

    /// <exception cref="FormatException">The file was cut off or altered.</exception>
    public static byte[] Read(BinaryReader reader)
    {
        try
        {
            int length = reader.ReadInt32();
            byte[] digest = reader.ReadBytes(SHA256.HashSizeInBytes);
            Stream stream = reader.BaseStream;
            if (length < 0 || length > stream.Length - stream.Position)
            {
                throw new FormatException("The model file was cut off: it is shorter than it says.");
            }

            byte[] payload = reader.ReadBytes(length);
            return SHA256.HashData(payload).AsSpan().SequenceEqual(digest)
                ? payload
                : throw new FormatException("The model file was altered after it was saved: its digest does not match.");
        }
        catch (EndOfStreamException exception)
        {
            throw new FormatException("The model file was cut off: it is shorter than it says.", exception);
        }
    }
}
