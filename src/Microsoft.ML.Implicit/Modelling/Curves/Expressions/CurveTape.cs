using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves.Expressions;

/// <summary>Computes a curve at the points of one row, and its derivatives with respect to the parameters.</summary>
internal sealed class CurveTape
{
    // Squares of their derivatives are long out of range.
    private const double Smallest = 1e-250;
    private const double Largest = 1e250;

    private readonly CurveGraph _graph;
    private readonly bool[] _depends;
    private readonly CurveSweep _sweep;
    private double[] _values = [];
    private int _points;

    /// <summary>Creates the tape of a curve.</summary>
    /// <param name="graph">The curve's expression.</param>
    /// <param name="parameterCount">Number of its parameters.</param>
    public CurveTape(CurveGraph graph, int parameterCount)
    {
        (_graph, _depends) = (graph, DependsOnParameters(graph));
        _sweep = new CurveSweep(graph, _depends, parameterCount, this);
    }

    /// <summary>Takes the inputs of a row.</summary>
    /// <param name="inputs">Values of the inputs at the points, input by input.</param>
    /// <param name="points">Number of points.</param>
    public void Begin(ReadOnlySpan<double> inputs, int points)
    {
        _points = points;
        if (_values.Length < points * _graph.Nodes.Count)
        {
            _values = new double[points * _graph.Nodes.Count];
        }

        for (int i = 0; i < _graph.Nodes.Count; i++)
        {
            CurveNode node = _graph.Nodes[i];
            if (node.Operation == CurveOperation.Input)
            {
                inputs.Slice(node.Left * points, points).CopyTo(Value(i));
            }
            else if (!_depends[i])
            {
                Compute(i, node, []);
            }
        }
    }

    /// <summary>Computes the curve.</summary>
    /// <param name="parameters">Parameters.</param>
    /// <returns>Values at the points, which stay until the next call.</returns>
    public ReadOnlySpan<double> Evaluate(ReadOnlySpan<double> parameters)
    {
        for (int i = 0; i < _graph.Nodes.Count; i++)
        {
            if (_depends[i])
            {
                Compute(i, _graph.Nodes[i], parameters);
            }
        }

        return Value(_graph.Root);
    }

    /// <summary>Values of a node at the points, where the curve was evaluated last.</summary>
    public ReadOnlySpan<double> ValuesOf(int node) => Value(node);

    /// <summary>Whether a node's values are all near the end of what numbers can hold, or beyond.</summary>
    public bool LeavesRange(int node)
    {
        (double least, double most) = (Math.Abs(TensorPrimitives.MinMagnitude<double>(Value(node))), Math.Abs(TensorPrimitives.MaxMagnitude<double>(Value(node))));
        return most < Smallest || !(least < Largest);
    }

    /// <summary>Computes the derivatives where the curve was evaluated last.</summary>
    /// <remarks>
    /// A curve may be smooth in its parameters where a part of it is not, as (t / c)^b at t = 0: t / c stays zero whatever c is. So what does not move is taken not to move a root
    /// of it either, however steep that is.
    /// </remarks>
    /// <param name="jacobian">Receives them parameter by parameter, each as long as there are points.</param>
    public void Differentiate(Span<double> jacobian) => _sweep.Differentiate(_graph.Root, -1, _points, jacobian);

    /// <summary>How far the sides of a minimum or a maximum are apart at the points, or what an absolute value is taken of: zero where it bends.</summary>
    public void KinkGap(int node, Span<double> gap)
    {
        CurveNode kink = _graph.Nodes[node];
        Value(kink.Left).CopyTo(gap);
        if (kink.IsBinary)
        {
            TensorPrimitives.Subtract(gap, Value(kink.Right), gap);
        }
    }

    /// <summary>Computes the derivatives of <see cref="KinkGap"/>.</summary>
    /// <inheritdoc cref="Differentiate(Span{double})"/>
    public void DifferentiateKinkGap(int node, Span<double> jacobian)
    {
        CurveNode kink = _graph.Nodes[node];
        _sweep.Differentiate(kink.Left, kink.IsBinary ? kink.Right : -1, _points, jacobian);
    }

    private static bool[] DependsOnParameters(CurveGraph graph)
    {
        bool[] depends = new bool[graph.Nodes.Count];
        for (int i = 0; i < depends.Length; i++)
        {
            CurveNode node = graph.Nodes[i];
            depends[i] = node.Operation == CurveOperation.Parameter || (!node.IsLeaf && (depends[node.Left] || (node.IsBinary && depends[node.Right])));
        }

        return depends;
    }

    private Span<double> Value(int node) => _values.AsSpan(node * _points, _points);

    private void Compute(int index, CurveNode node, ReadOnlySpan<double> parameters)
    {
        Span<double> target = Value(index);
        switch (node.Operation)
        {
            case CurveOperation.Number:
                target.Fill(node.Value);
                return;
            case CurveOperation.Parameter:
                target.Fill(parameters[node.Left]);
                return;
        }

        ReadOnlySpan<double> left = Value(node.Left), right = node.IsBinary ? Value(node.Right) : default;
        switch (node.Operation)
        {
            case CurveOperation.Add: TensorPrimitives.Add(left, right, target); break;
            case CurveOperation.Subtract: TensorPrimitives.Subtract(left, right, target); break;
            case CurveOperation.Multiply: TensorPrimitives.Multiply(left, right, target); break;
            case CurveOperation.Divide: TensorPrimitives.Divide(left, right, target); break;
            case CurveOperation.Power: TensorPrimitives.Pow(left, right, target); break;
            case CurveOperation.Minimum: TensorPrimitives.Min(left, right, target); break;
            case CurveOperation.Maximum: TensorPrimitives.Max(left, right, target); break;
            case CurveOperation.Negate: TensorPrimitives.Negate(left, target); break;
            case CurveOperation.Exp: TensorPrimitives.Exp(left, target); break;
            case CurveOperation.Log: TensorPrimitives.Log(left, target); break;
            case CurveOperation.Sqrt: TensorPrimitives.Sqrt(left, target); break;
            case CurveOperation.Abs: TensorPrimitives.Abs(left, target); break;
            case CurveOperation.Sin: TensorPrimitives.Sin(left, target); break;
            case CurveOperation.Cos: TensorPrimitives.Cos(left, target); break;
            case CurveOperation.Tan: TensorPrimitives.Tan(left, target); break;
            case CurveOperation.Atan: TensorPrimitives.Atan(left, target); break;
            case CurveOperation.Sinh: TensorPrimitives.Sinh(left, target); break;
            case CurveOperation.Cosh: TensorPrimitives.Cosh(left, target); break;
            default: TensorPrimitives.Tanh(left, target); break;
        }
    }
}
