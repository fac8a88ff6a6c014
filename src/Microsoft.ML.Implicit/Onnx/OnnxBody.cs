namespace Microsoft.ML.Implicit.Onnx;

/// <summary>The graph that a loop repeats, as an encoded GraphProto (fields numbered as in onnx.proto).</summary>
/// <param name="name">Name of the graph.</param>
internal sealed class OnnxBody(string name)
{
    private readonly ProtocolBufferWriter _graph = new();

    /// <summary>Encodes attributes as fields of a NodeProto.</summary>
    public static byte[] EncodeAttributes(OnnxAttribute[] attributes)
    {
        var node = new ProtocolBufferWriter();
        WriteAttributes(node, attributes);
        return node.ToArray();
    }

    public OnnxValue AddInput(OnnxValue value, bool isScalar = false)
    {
        _graph.WriteMessage(Field.Input, ValueInfo(value, isScalar));
        return value;
    }

    public void AddOutput(OnnxValue value) => _graph.WriteMessage(Field.Output, ValueInfo(value, isScalar: false));

    public void AddNode(string operation, string[] inputs, string[] outputs, string nodeName, OnnxAttribute[] attributes)
    {
        var node = new ProtocolBufferWriter();
        Array.ForEach(inputs, input => node.WriteText(Field.NodeInput, input));
        Array.ForEach(outputs, output => node.WriteText(Field.NodeOutput, output));
        node.WriteText(Field.NodeName, nodeName);
        node.WriteText(Field.Operation, operation);
        WriteAttributes(node, attributes);
        _graph.WriteMessage(Field.Node, node.ToArray());
    }

    public byte[] ToMessage()
    {
        _graph.WriteText(Field.GraphName, name);
        return _graph.ToArray();
    }

    private static void WriteAttributes(ProtocolBufferWriter node, OnnxAttribute[] attributes) =>
        Array.ForEach(attributes, attribute => node.WriteMessage(Field.Attribute, attribute.Message));

    // Without a shape, what shape inference finds stands.
    private static byte[] ValueInfo(OnnxValue value, bool isScalar)
    {
        var tensor = new ProtocolBufferWriter();
        tensor.WriteInteger(Field.ElementType, (long)value.Type);
        if (isScalar)
        {
            tensor.WriteMessage(Field.Shape, []);
        }

        var type = new ProtocolBufferWriter();
        type.WriteMessage(Field.TensorType, tensor.ToArray());
        var info = new ProtocolBufferWriter();
        info.WriteText(Field.ValueName, value.Name);
        info.WriteMessage(Field.ValueType, type.ToArray());
        return info.ToArray();
    }

    private static class Field
    {
        public const int Node = 1, GraphName = 2, Input = 11, Output = 12;
        public const int NodeInput = 1, NodeOutput = 2, NodeName = 3, Operation = 4, Attribute = 5;
        public const int ValueName = 1, ValueType = 2, TensorType = 1, ElementType = 1, Shape = 2;
    }
}
