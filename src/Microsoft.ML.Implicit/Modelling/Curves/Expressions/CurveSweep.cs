using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves.Expressions;

/// <summary>Computes derivatives of a curve's nodes with respect to the parameters by one backward sweep.</summary>
/// <param name="graph">The curve's expression.</param>
/// <param name="depends">Which nodes depend on parameters.</param>
/// <param name="parameterCount">Number of parameters.</param>
/// <param name="tape">Holds the values of all nodes.</param>
internal sealed class CurveSweep(CurveGraph graph, bool[] depends, int parameterCount, CurveTape tape)
{
    private double[] _adjoints = [];
    private double[] _scratch = [];
    private int _points;
    private bool _hasInfiniteSlopes;

    /// <summary>Computes the derivatives of a node, less another's.</summary>
    /// <param name="node">The node.</param>
    /// <param name="other">The node whose derivatives are taken off, or -1 for none.</param>
    /// <param name="points">Number of points.</param>
    /// <param name="jacobian">Receives the derivatives parameter by parameter, each as long as there are points.</param>
    public void Differentiate(int node, int other, int points, Span<double> jacobian)
    {
        _points = points;
        if (_adjoints.Length < points * graph.Nodes.Count)
        {
            (_adjoints, _scratch) = (new double[points * graph.Nodes.Count], new double[points]);
        }

        Span<double> derivatives = jacobian[..(parameterCount * points)];
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
            if (!depends[i])
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

    private Span<double> Adjoint(int node) => _adjoints.AsSpan(node * _points, _points);

    private void PullBinary(int index, CurveNode node)
    {
        ReadOnlySpan<double> adjoint = Adjoint(index), value = tape.ValuesOf(index), left = tape.ValuesOf(node.Left), right = tape.ValuesOf(node.Right);
        Span<double> slope = _scratch.AsSpan(0, _points);
        if (depends[node.Left])
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

        if (depends[node.Right])
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
        ReadOnlySpan<double> adjoint = Adjoint(index), value = tape.ValuesOf(index), operand = tape.ValuesOf(node.Left);
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
