using System.Reflection;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.Implicit.Onnx;

/// <summary>The NodeProto that ML.NET's converter holds behind an <see cref="OnnxNode"/>.</summary>
/// <remarks>
/// An <see cref="OnnxNode"/> takes numbers and texts as attributes but no graph, which the body of a loop is. Reading a message of
/// protocol buffers into another one adds to its repeated fields, so that one call gives a node all that can be encoded. The
/// converter is a package that this library does not reference: its type is found through the node that it made.
/// </remarks>
internal static class NodeMessage
{
    private const string MessageInterface = "Google.Protobuf.IMessage";
    private const string MessageExtensions = "Google.Protobuf.MessageExtensions";

    /// <summary>Adds fields to a node.</summary>
    /// <param name="node">A node of the converter's context.</param>
    /// <param name="fields">The fields, as an encoded NodeProto without others.</param>
    /// <exception cref="NotSupportedException">The converter is of a version that keeps nodes in another way.</exception>
    public static void Merge(OnnxNode node, byte[] fields)
    {
        object? message = node.GetType().GetField("_node", BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(node);
        Type? messageInterface = message?.GetType().GetInterface(MessageInterface);
        MethodInfo merge = messageInterface?.Assembly.GetType(MessageExtensions)?.GetMethod("MergeFrom", [messageInterface, typeof(byte[])])
            ?? throw new NotSupportedException(
                $"{node.GetType().Assembly.GetName().Name} keeps the nodes of an ONNX graph in a way that Microsoft.ML.Implicit does not know. "
                + "Reference the version of Microsoft.ML.OnnxConverter that belongs to your Microsoft.ML.");
        merge.Invoke(null, [message, fields]);
    }
}
