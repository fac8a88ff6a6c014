using System.Security.Cryptography;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>
/// The part of a model file that is ours: a length, a SHA-256 digest and that many bytes. A file that was cut off
/// or altered is recognised before any of it is used.
/// </summary>
internal static class ModelPayload
{
    public static void Write(ModelSaveContext ctx, Action<BinaryWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            write(writer);
        }

        ReadOnlySpan<byte> payload = buffer.GetBuffer().AsSpan(0, checked((int)buffer.Length));
        ctx.Writer.Write(payload.Length);
        ctx.Writer.Write(SHA256.HashData(payload));
        ctx.Writer.Write(payload);
    }

    /// <exception cref="FormatException">The file was cut off or altered.</exception>
    public static T Read<T>(ModelLoadContext ctx, Func<BinaryReader, T> read)
    {
        byte[] payload = ReadPayload(ctx.Reader);
        using var reader = new BinaryReader(new MemoryStream(payload, writable: false));
        try
        {
            T result = read(reader);
            return reader.BaseStream.Position == payload.Length
                ? result
                : throw new FormatException("The model file holds more than this version of Microsoft.ML.Implicit understands.");
        }
        catch (Exception exception) when (exception is EndOfStreamException or ArgumentException or OverflowException)
        {
            throw new FormatException("The model file does not hold a valid model.", exception);
        }
    }

    private static byte[] ReadPayload(BinaryReader reader)
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
