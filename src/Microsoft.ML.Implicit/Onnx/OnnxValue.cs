namespace Microsoft.ML.Implicit.Onnx;

/// <summary>A tensor that a graph computes, on which operators and methods add nodes.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Name">Name of the value within the graph.</param>
/// <param name="Type">Element type.</param>
internal sealed partial record OnnxValue(OnnxGraph Graph, string Name, OnnxType Type)
{
    public static OnnxValue operator +(OnnxValue left, OnnxValue right) => left.Binary("Add", right);

    public static OnnxValue operator +(OnnxValue left, double right) => left + left.Like(right);

    public static OnnxValue operator -(OnnxValue left, OnnxValue right) => left.Binary("Sub", right);

    public static OnnxValue operator -(OnnxValue left, double right) => left - left.Like(right);

    public static OnnxValue operator -(double left, OnnxValue right) => right.Like(left) - right;

    public static OnnxValue operator -(OnnxValue value) => value.Unary("Neg");

    public static OnnxValue operator *(OnnxValue left, OnnxValue right) => left.Binary("Mul", right);

    public static OnnxValue operator *(OnnxValue left, double right) => left * left.Like(right);

    public static OnnxValue operator /(OnnxValue left, OnnxValue right) => left.Binary("Div", right);

    public static OnnxValue operator /(OnnxValue left, double right) => left / left.Like(right);

    public static OnnxValue operator /(double left, OnnxValue right) => right.Like(left) / right;

    public static OnnxValue operator <(OnnxValue left, OnnxValue right) => left.Binary("Less", right, OnnxType.Boolean);

    public static OnnxValue operator <(OnnxValue left, double right) => left < left.Like(right);

    public static OnnxValue operator >(OnnxValue left, OnnxValue right) => left.Binary("Greater", right, OnnxType.Boolean);

    public static OnnxValue operator >(OnnxValue left, double right) => left > left.Like(right);

    public static OnnxValue operator <=(OnnxValue left, OnnxValue right) => left.Binary("LessOrEqual", right, OnnxType.Boolean);

    public static OnnxValue operator <=(OnnxValue left, double right) => left <= left.Like(right);

    public static OnnxValue operator >=(OnnxValue left, OnnxValue right) => left.Binary("GreaterOrEqual", right, OnnxType.Boolean);

    public static OnnxValue operator >=(OnnxValue left, double right) => left >= left.Like(right);

    public static OnnxValue operator &(OnnxValue left, OnnxValue right) => left.Binary("And", right);

    public static OnnxValue operator |(OnnxValue left, OnnxValue right) => left.Binary("Or", right);

    public static OnnxValue operator !(OnnxValue value) => value.Unary("Not");

    /// <summary>Where this is true the one value, elsewhere the other.</summary>
    public OnnxValue Where(OnnxValue yes, OnnxValue no) => Graph.Node("Where", [this, yes, no], yes.Type);

    public OnnxValue Where(OnnxValue yes, double no) => Where(yes, yes.Like(no));

    public OnnxValue To(OnnxType type) => type == Type ? this : Graph.Node("Cast", [this], type, OnnxAttribute.Integer("to", (long)type));

    public OnnxValue MatrixProduct(OnnxValue right) => Binary("MatMul", right);

    public OnnxValue Maximum(OnnxValue other) => Binary("Max", other);

    public OnnxValue Minimum(OnnxValue other) => Binary("Min", other);

    public OnnxValue Clamp(double lowest, double highest) => Maximum(Like(lowest)).Minimum(Like(highest));

    public OnnxValue EqualTo(OnnxValue other) => Binary("Equal", other, OnnxType.Boolean);

    public OnnxValue Abs() => Unary("Abs");

    public OnnxValue Asinh() => Unary("Asinh");

    public OnnxValue Atan() => Unary("Atan");

    public OnnxValue Cos() => Unary("Cos");

    public OnnxValue Erf() => Unary("Erf");

    public OnnxValue Exp() => Unary("Exp");

    public OnnxValue Floor() => Unary("Floor");

    public OnnxValue Log() => Unary("Log");

    public OnnxValue Relu() => Unary("Relu");

    public OnnxValue Sigmoid() => Unary("Sigmoid");

    public OnnxValue Sin() => Unary("Sin");

    public OnnxValue Softplus() => Unary("Softplus");

    public OnnxValue Sqrt() => Unary("Sqrt");

    public OnnxValue Tanh() => Unary("Tanh");

    /// <summary>Softmax over the last of two dimensions.</summary>
    public OnnxValue Softmax() => Graph.Node("Softmax", [this], Type, OnnxAttribute.Integer("axis", 1));

    /// <summary>Whether numbers are neither NaN nor infinite.</summary>
    public OnnxValue IsFinite() => Abs() <= (Type == OnnxType.Double ? double.MaxValue : float.MaxValue);

    public OnnxValue IsNaN() => Graph.Node("IsNaN", [this], OnnxType.Boolean);

    private OnnxValue Unary(string operation) => Graph.Node(operation, [this], Type);

    private OnnxValue Binary(string operation, OnnxValue right, OnnxType? type = null) => Graph.Node(operation, [this, right], type ?? Type);

    private OnnxValue Like(double number) => Graph.Number(number, Type);
}
