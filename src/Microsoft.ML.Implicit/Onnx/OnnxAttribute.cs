namespace Microsoft.ML.Implicit.Onnx;

/// <summary>A setting of a node, as an encoded AttributeProto (fields numbered as in onnx.proto).</summary>
internal sealed class OnnxAttribute
{
    private const int NameField = 1;
    private const int SingleField = 2;
    private const int IntegerField = 3;
    private const int GraphField = 6;
    private const int IntegersField = 8;
    private const int TypeField = 20;

    private const int SingleType = 1;
    private const int IntegerType = 2;
    private const int GraphType = 5;
    private const int IntegersType = 7;

    private OnnxAttribute(string name, int type, Action<ProtocolBufferWriter> writeValue)
    {
        var writer = new ProtocolBufferWriter();
        writer.WriteText(NameField, name);
        writeValue(writer);
        writer.WriteInteger(TypeField, type);
        Message = writer.ToArray();
    }

    public byte[] Message { get; }

    public static OnnxAttribute Single(string name, float value) => new(name, SingleType, writer => writer.WriteSingle(SingleField, value));

    public static OnnxAttribute Integer(string name, long value) => new(name, IntegerType, writer => writer.WriteInteger(IntegerField, value));

    public static OnnxAttribute Integers(string name, params ReadOnlySpan<long> values)
    {
        long[] copy = values.ToArray();
        return new(name, IntegersType, writer => Array.ForEach(copy, value => writer.WriteInteger(IntegersField, value)));
    }

    /// <param name="name">Name of the attribute.</param>
    /// <param name="graph">An encoded GraphProto.</param>
    public static OnnxAttribute Graph(string name, byte[] graph) => new(name, GraphType, writer => writer.WriteMessage(GraphField, graph));
}
