using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Implicit.Onnx;

/// <summary>Writes one message in the wire format of protocol buffers (protobuf.dev, "Encoding"), field by field.</summary>
internal sealed class ProtocolBufferWriter
{
    private const int VariableLengthInteger = 0;
    private const int LengthDelimited = 2;
    private const int FourBytes = 5;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public void WriteInteger(int field, long value)
    {
        WriteTag(field, VariableLengthInteger);
        WriteVariableLength((ulong)value);
    }

    public void WriteSingle(int field, float value)
    {
        WriteTag(field, FourBytes);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        _bytes.Write(bytes);
    }

    public void WriteText(int field, string value) => WriteMessage(field, Encoding.UTF8.GetBytes(value));

    /// <summary>Writes bytes, or a message that was written before.</summary>
    public void WriteMessage(int field, ReadOnlySpan<byte> value)
    {
        WriteTag(field, LengthDelimited);
        WriteVariableLength((ulong)value.Length);
        _bytes.Write(value);
    }

    private void WriteTag(int field, int wireType) => WriteVariableLength(((ulong)field << 3) | (uint)wireType);

    private void WriteVariableLength(ulong value)
    {
        for (; value > 0x7F; value >>= 7)
        {
            _bytes.Write([(byte)(value | 0x80)]);
        }

        _bytes.Write([(byte)value]);
    }
}
