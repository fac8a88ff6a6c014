using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>
/// A model of measured values: an expression in inputs, such as the time, and in parameters that are to be fitted, as in <c>a * exp(-k * t) + c</c>.
/// </summary>
/// <remarks>
/// An expression has numbers, names, <c>+ - * / ^</c>, brackets, <c>pi</c>, and the functions exp, log (natural), sqrt, abs, sin, cos, tan, atan, sinh, cosh, tanh, pow, min
/// and max. <c>^</c> binds before a sign and groups from the right. Every name that is no input is a parameter. Instances are immutable and thread-safe.
/// </remarks>
/// <example><code>
/// Curve curve = Curve.Parse("dose * exp(-k * t) / volume", inputs: ["t", "dose"]);
/// </code></example>
public sealed class Curve
{
    private Curve(string text, IReadOnlyList<string> inputs, CurveGraph graph, IReadOnlyList<string> parameters) =>
        (Text, Inputs, Graph, Parameters) = (text, inputs, graph, parameters);

    /// <summary>The expression as it was written.</summary>
    public string Text { get; }

    /// <summary>Names of the inputs.</summary>
    public IReadOnlyList<string> Inputs { get; }

    /// <summary>Names of the parameters, in the order in which they first stand in the expression.</summary>
    public IReadOnlyList<string> Parameters { get; }

    internal CurveGraph Graph { get; }

    /// <summary>Reads an expression.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="inputs">Names of what is measured or set, such as the time.</param>
    /// <returns>The curve.</returns>
    /// <exception cref="FormatException">It is no expression, or has no parameter; the message says where and why.</exception>
    /// <exception cref="ArgumentException">A name of an input is empty, given twice, or that of a function or of pi.</exception>
    public static Curve Parse(string expression, params IReadOnlyList<string> inputs)
    {
        ArgumentNullException.ThrowIfNull(expression);
        ArgumentNullException.ThrowIfNull(inputs);
        string[] names = [.. inputs];
        if (names.FirstOrDefault(name => string.IsNullOrEmpty(name) || name == "pi" || CurveParser.IsFunction(name)) is { } reserved)
        {
            throw new ArgumentException($"'{reserved}' cannot be the name of an input.", nameof(inputs));
        }

        if (names.Distinct().Count() < names.Length)
        {
            throw new ArgumentException("Two inputs have the same name.", nameof(inputs));
        }

        (CurveGraph graph, IReadOnlyList<string> parameters) = CurveParser.Parse(expression, names);
        return parameters.Count > 0 ? new Curve(expression, names, graph, parameters) : throw new FormatException($"'{expression}' has no parameter that could be fitted.");
    }

    /// <summary>Computes the curve, by operations that autograd follows.</summary>
    /// <param name="inputs">For each input its values, <c>[rows, points]</c> or <c>[rows, 1]</c> or <c>[1, points]</c>.</param>
    /// <param name="parameters">Parameters, <c>[rows, parameters]</c>.</param>
    /// <returns>Values, <c>[rows, points]</c>.</returns>
    /// <exception cref="ArgumentException">There are not as many inputs or parameters as the curve has.</exception>
    public Tensor Evaluate(IReadOnlyList<Tensor> inputs, Tensor parameters)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(parameters);
        if (inputs.Count != Inputs.Count)
        {
            throw new ArgumentException($"'{Text}' has {Inputs.Count} inputs; {inputs.Count} are given.", nameof(inputs));
        }

        if (parameters.dim() != 2 || parameters.shape[1] != Parameters.Count)
        {
            throw new ArgumentException($"'{Text}' needs parameters [rows, {Parameters.Count}] but has [{string.Join(", ", parameters.shape)}].", nameof(parameters));
        }

        var values = new Tensor[Graph.Nodes.Count];
        for (int i = 0; i < values.Length; i++)
        {
            CurveNode node = Graph.Nodes[i];
            values[i] = node.Operation switch
            {
                CurveOperation.Number => full([1, 1], node.Value.Held(), parameters.dtype, parameters.device),
                CurveOperation.Parameter => parameters.narrow(1, node.Left, 1),
                CurveOperation.Input => inputs[node.Left],
                _ => Apply(node.Operation, values[node.Left], node.IsBinary ? values[node.Right] : null!),
            };
        }

        Tensor value = values[Graph.Root];
        long points = inputs.Count == 0 ? value.shape[1] : inputs.Max(input => input.shape[1]);
        return value.expand(parameters.shape[0], points);
    }

    /// <summary>The expression.</summary>
    public override string ToString() => Text;

    private static Tensor Apply(CurveOperation operation, Tensor left, Tensor right) => operation switch
    {
        CurveOperation.Add => left.Plus(right),
        CurveOperation.Subtract => left - right,
        CurveOperation.Multiply => left * right,
        CurveOperation.Divide => left / right,
        CurveOperation.Power => Power(left, right),
        CurveOperation.Minimum => minimum(left, right),
        CurveOperation.Maximum => maximum(left, right),
        CurveOperation.Negate => left.neg(),
        CurveOperation.Exp => left.exp(),
        CurveOperation.Log => left.log(),
        CurveOperation.Sqrt => Root(left),
        CurveOperation.Abs => left.abs(),
        CurveOperation.Sin => left.sin(),
        CurveOperation.Cos => left.cos(),
        CurveOperation.Tan => left.tan(),
        CurveOperation.Atan => left.atan(),
        CurveOperation.Sinh => left.sinh(),
        CurveOperation.Cosh => left.cosh(),
        _ => left.tanh(),
    };

    // What does not move has no slope, however steep a root of it is; autograd would take zero times infinity for it, in second derivatives up to exponents of two.
    private static Tensor Power(Tensor left, Tensor right)
    {
        Tensor isFixed = left.eq(0.Held()).logical_and(right.gt(0.Held())).logical_and(right.lt(2.Held())).logical_and(right.ne(1.Held()));
        Tensor power = where(isFixed, ones_like(left), left).pow(right);
        return where(isFixed, zeros_like(power), power);
    }

    private static Tensor Root(Tensor operand)
    {
        Tensor isFixed = operand.eq(0.Held()), root = where(isFixed, ones_like(operand), operand).sqrt();
        return where(isFixed, zeros_like(root), root);
    }
}
