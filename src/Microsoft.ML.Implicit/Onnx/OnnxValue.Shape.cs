namespace Microsoft.ML.Implicit.Onnx;

/// <content>Shapes and sums.</content>
internal sealed partial record OnnxValue
{
    public static OnnxValue Concatenate(long axis, params OnnxValue[] values) => values.Length == 1
        ? values[0]
        : values[0].Graph.Node("Concat", values, values[0].Type, OnnxAttribute.Integer("axis", axis));

    /// <summary>The shape; 0 keeps a dimension, -1 takes what is left.</summary>
    public OnnxValue Reshape(params long[] shape) => Graph.Node("Reshape", [this, Graph.Constant(shape, shape.Length)], Type);

    /// <summary>The shape as a value, of which parts may be those of other shapes.</summary>
    public OnnxValue Reshape(OnnxValue shape) => Graph.Node("Reshape", [this, shape], Type);

    /// <summary>The size of a dimension, of shape [1].</summary>
    public OnnxValue Size(long axis) => Graph.Node("Shape", [this], OnnxType.Int64).Slice(0, axis, axis + 1);

    /// <summary>All but the first dimension as one.</summary>
    public OnnxValue Flatten() => Graph.Node("Flatten", [this], Type, OnnxAttribute.Integer("axis", 1));

    /// <summary>Entries from <paramref name="start"/> up to, but not including, <paramref name="end"/> along a dimension.</summary>
    public OnnxValue Slice(long axis, long start, long end) =>
        Graph.Node("Slice", [this, Graph.Number(start, OnnxType.Int64), Graph.Number(end, OnnxType.Int64), Graph.Number(axis, OnnxType.Int64)], Type);

    /// <summary>Entries at the given places along a dimension.</summary>
    public OnnxValue Gather(long axis, long[] indices) => Gather(axis, Graph.Constant(indices, indices.Length));

    public OnnxValue Gather(long axis, OnnxValue indices) => Graph.Node("Gather", [this, indices], Type, OnnxAttribute.Integer("axis", axis));

    public OnnxValue Unsqueeze(long axis) => Graph.Node("Unsqueeze", [this], Type, OnnxAttribute.Integers("axes", axis));

    public OnnxValue Squeeze(long axis) => Graph.Node("Squeeze", [this], Type, OnnxAttribute.Integers("axes", axis));

    public OnnxValue Transpose(params ReadOnlySpan<long> permutation) => Graph.Node("Transpose", [this], Type, OnnxAttribute.Integers("perm", permutation));

    public OnnxValue Sum(long axis, bool keep = true) => Reduce("ReduceSum", axis, keep);

    public OnnxValue Mean(long axis, bool keep = true) => Reduce("ReduceMean", axis, keep);

    public OnnxValue Largest(long axis, bool keep = true) => Reduce("ReduceMax", axis, keep);

    public OnnxValue Smallest(long axis, bool keep = true) => Reduce("ReduceMin", axis, keep);

    public OnnxValue LogSumExp(long axis, bool keep = true) => Reduce("ReduceLogSumExp", axis, keep);

    /// <summary>Whether all along a dimension are true.</summary>
    public OnnxValue All(long axis) => To(OnnxType.Single).Smallest(axis) > 0.5;

    /// <summary>Whether anything is true, of shape [1].</summary>
    public OnnxValue Any() => To(OnnxType.Single).Reshape(-1).Largest(0) > 0.5;

    private OnnxValue Reduce(string operation, long axis, bool keep) =>
        Graph.Node(operation, [this], Type, OnnxAttribute.Integers("axes", axis), OnnxAttribute.Integer("keepdims", keep ? 1 : 0));
}
