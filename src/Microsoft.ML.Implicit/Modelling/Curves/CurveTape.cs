using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>Computes a curve at the points of one row, and its derivatives with respect to the parameters by one backward sweep.</summary>
internal sealed class CurveTape(CurveGraph graph, int parameterCount)
{
    // Squares of their derivatives are long out of range.
    private const double Smallest = 1e-250;
    private const double Largest = 1e250;

    private readonly bool[] _depends = DependsOnParameters(graph);
    private double[] _values = [];
    private double[] _adjoints = [];
    private double[] _scratch = [];
    private int _points;
    private bool _hasInfiniteSlopes;

    /// <summary>Takes the inputs of a row.</summary>
    /// <param name="inputs">Values of the inputs at the points, input by input.</param>
    /// <param name="points">Number of points.</param>
    public void Begin(ReadOnlySpan<double> inputs, int points)
    {
        _points = points;
        if (_values.Length < points * graph.Nodes.Count)
        {
            _values = new double[points * graph.Nodes.Count];
            _adjoints = new double[_values.Length];
            _scratch = new double[points];
        }

        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            CurveNode node = graph.Nodes[i];
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
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            if (_depends[i])
            {
                Compute(i, graph.Nodes[i], parameters);
            }
        }

        return Value(graph.Root);
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
    public void Differentiate(Span<double> jacobian) => Differentiate(graph.Root, -1, jacobian);

    /// <summary>How far the sides of a minimum or a maximum are apart at the points, or what an absolute value is taken of: zero where it bends.</summary>
    public void KinkGap(int node, Span<double> gap)
    {
        CurveNode kink = graph.Nodes[node];
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
        CurveNode kink = graph.Nodes[node];
        Differentiate(kink.Left, kink.IsBinary ? kink.Right : -1, jacobian);
    }

    // Of one node less another, if there is one.
    private void Differentiate(int node, int other, Span<double> jacobian)
    {
        Span<double> derivatives = jacobian[..(parameterCount * _points)];
        _hasInfiniteSlopes = false;
        Sweep(node, other, derivatives);
        if (!double.IsFinite(TensorPrimitives.SumOfMagnitudes<double>(derivatives)))
        {
            _hasInfiniteSlopes = true;
            Sweep(node, other, derivatives);
        }
    }

    private void Sweep(int node, int other, Span<double> jacobian)
    {
        _adjoints.AsSpan(0, _points * graph.Nodes.Count).Clear();
        jacobian.Clear();
        Adjoint(node).Fill(1);
        if (other >= 0)
        {
            Adjoint(other).Fill(-1);
        }

        for (int i = Math.Max(node, other); i >= 0; i--)
        {
            CurveNode current = graph.Nodes[i];
            if (!_depends[i])
            {
                continue;
            }

            if (current.Operation == CurveOperation.Parameter)
            {
                Adjoint(i).CopyTo(jacobian.Slice(current.Left * _points, _points));
            }
            else if (current.IsBinary)
            {
                PullBinary(i, current);
            }
            else
            {
                PullUnary(i, current);
            }
        }
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

    private Span<double> Adjoint(int node) => _adjoints.AsSpan(node * _points, _points);

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

    private void PullBinary(int index, CurveNode node)
    {
        ReadOnlySpan<double> adjoint = Adjoint(index), value = Value(index), left = Value(node.Left), right = Value(node.Right);
        Span<double> slope = _scratch.AsSpan(0, _points);
        if (_depends[node.Left])
        {
            Span<double> target = Adjoint(node.Left);
            switch (node.Operation)
            {
                case CurveOperation.Multiply:
                    Pull(adjoint, right, target);
                    break;
                case CurveOperation.Divide:
                    TensorPrimitives.Reciprocal(right, slope);
                    Pull(adjoint, slope, target);
                    break;
                case CurveOperation.Power:
                    for (int i = 0; i < _points; i++)
                    {
                        slope[i] = right[i] == 0 ? 0 : right[i] * Math.Pow(left[i], right[i] - 1);
                    }

                    Pull(adjoint, slope, target);
                    break;
                case CurveOperation.Minimum or CurveOperation.Maximum:
                    for (int i = 0; i < _points; i++)
                    {
                        target[i] += value[i] == left[i] ? adjoint[i] : 0;
                    }

                    break;
                default:
                    TensorPrimitives.Add(target, adjoint, target);
                    break;
            }
        }

        if (_depends[node.Right])
        {
            Span<double> target = Adjoint(node.Right);
            switch (node.Operation)
            {
                case CurveOperation.Subtract:
                    TensorPrimitives.Subtract(target, adjoint, target);
                    break;
                case CurveOperation.Multiply:
                    Pull(adjoint, left, target);
                    break;
                case CurveOperation.Divide:
                    TensorPrimitives.Divide(value, right, slope);
                    TensorPrimitives.Negate(slope, slope);
                    Pull(adjoint, slope, target);
                    break;
                case CurveOperation.Power:
                    for (int i = 0; i < _points; i++)
                    {
                        slope[i] = value[i] == 0 ? 0 : value[i] * Math.Log(left[i]);
                    }

                    Pull(adjoint, slope, target);
                    break;
                case CurveOperation.Minimum or CurveOperation.Maximum:
                    for (int i = 0; i < _points; i++)
                    {
                        target[i] += value[i] == left[i] ? 0 : adjoint[i];
                    }

                    break;
                default:
                    TensorPrimitives.Add(target, adjoint, target);
                    break;
            }
        }
    }

    private void PullUnary(int index, CurveNode node)
    {
        ReadOnlySpan<double> adjoint = Adjoint(index), value = Value(index), operand = Value(node.Left);
        Span<double> target = Adjoint(node.Left), slope = _scratch.AsSpan(0, _points);
        switch (node.Operation)
        {
            case CurveOperation.Negate:
                TensorPrimitives.Subtract(target, adjoint, target);
                return;
            case CurveOperation.Exp:
                Pull(adjoint, value, target);
                return;
            case CurveOperation.Log:
                TensorPrimitives.Reciprocal(operand, slope);
                break;
            case CurveOperation.Sin:
                TensorPrimitives.Cos(operand, slope);
                break;
            case CurveOperation.Cos:
                TensorPrimitives.Sin(operand, slope);
                TensorPrimitives.Negate(slope, slope);
                break;
            case CurveOperation.Sinh:
                TensorPrimitives.Cosh(operand, slope);
                break;
            case CurveOperation.Cosh:
                TensorPrimitives.Sinh(operand, slope);
                break;
            default:
                for (int i = 0; i < _points; i++)
                {
                    slope[i] = node.Operation switch
                    {
                        CurveOperation.Sqrt => 0.5 / value[i],
                        CurveOperation.Abs => operand[i] < 0 ? -1 : 1,
                        CurveOperation.Tan => 1 + (value[i] * value[i]),
                        CurveOperation.Atan => 1 / (1 + (operand[i] * operand[i])),
                        _ => 1 - (value[i] * value[i]),
                    };
                }

                break;
        }

        Pull(adjoint, slope, target);
    }

    private void Pull(ReadOnlySpan<double> adjoint, ReadOnlySpan<double> slope, Span<double> target)
    {
        if (!_hasInfiniteSlopes)
        {
            TensorPrimitives.MultiplyAdd(adjoint, slope, target, target);
            return;
        }

        for (int i = 0; i < target.Length; i++)
        {
            target[i] += adjoint[i] == 0 || slope[i] == 0 ? 0 : adjoint[i] * slope[i];
        }
    }
}
