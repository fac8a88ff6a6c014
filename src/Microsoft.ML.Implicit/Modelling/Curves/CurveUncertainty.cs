using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;
using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>How well the points of a row determine the parameters that were found.</summary>
internal sealed class CurveUncertainty
{
    // The share of its size by which a parameter may move when values are rounded.
    private const double LargestShare = 1e-3;

    // Errors of so many times a rate's or a width's size mean that the points do not determine it, as that of a step between two of them, for which a search goes on without end. Angles at
    // time zero have large errors where that is far.
    private const double Undetermined = 1e3;

    private readonly CurveFitPlan _plan;
    private readonly CurveRow _row;
    private readonly LeastSquaresSearch _search;
    private readonly double[] _inverse;
    private readonly int _free;

    /// <summary>Computes covariances where a search stands.</summary>
    /// <param name="plan">What all rows have in common.</param>
    /// <param name="row">The row.</param>
    /// <param name="search">The search that ended.</param>
    /// <param name="residuals">The weighted residuals there.</param>
    public CurveUncertainty(CurveFitPlan plan, CurveRow row, LeastSquaresSearch search, ReadOnlySpan<double> residuals)
    {
        (_plan, _row, _search) = (plan, row, search);
        _free = Enumerable.Range(0, search.Width).Count(j => !search.IsHeld(j));
        int freedom = row.Count - _free;
        ResidualDeviation = freedom > 0 ? Math.Sqrt(TensorPrimitives.SumOfSquares(residuals) / freedom) : double.NaN;
        double influence = 0, curvature = 0, weight = 0;
        RobustLoss loss = plan.Options.Loss;
        foreach (double residual in residuals)
        {
            double w = loss.Weight(residual);
            influence += w * residual * w * residual;
            curvature += loss.Curvature(residual) / row.Count;
            weight += w / row.Count;
        }

        // (ψ²/(n − p)) / mean(ψ')² (JᵀJ)⁻¹, where the information has the weights ψ/r in place of ones.
        double variance = freedom > 0 && curvature > 0 ? influence / freedom * weight / (curvature * curvature) : double.NaN;
        _inverse = search.InverseInformation();
        Covariance = new double[_inverse.Length];
        for (int k = 0; k < Covariance.Length; k++)
        {
            bool isHeld = search.IsHeld(k / search.Width) || search.IsHeld(k % search.Width);
            Covariance[k] = isHeld ? 0 : _inverse[k] * variance;
        }
    }

    /// <summary>Covariances of the parameters, row by row.</summary>
    public double[] Covariance { get; }

    /// <summary>Standard deviation of the weighted residuals.</summary>
    public double ResidualDeviation { get; }

    /// <summary>How the fit ended, from how its search did; without covariances where the points do not determine the parameters.</summary>
    /// <param name="status">How the search ended.</param>
    /// <param name="parameters">Where.</param>
    /// <param name="tape">The curve, evaluated there.</param>
    public SolveStatus Judge(SolveStatus status, ReadOnlySpan<double> parameters, CurveTape tape)
    {
        bool isLost = status switch
        {
            SolveStatus.Converged or SolveStatus.StepUnderflow when _row.Count < _free || Moves(parameters, MachineEpsilon.Double * _row.RootMeanSquare, LargestShare, _ => true) => true,
            SolveStatus.StepUnderflow or SolveStatus.MaximumIterations => Moves(parameters, ResidualDeviation, Undetermined, _plan.Starts.HasInputUnit),
            _ => false,
        };
        SolveStatus ended = isLost ? SolveStatus.Singular : status;
        if (Array.Exists(Covariance, double.IsInfinity) || (ended != SolveStatus.Converged && IsOutOfReach(tape)))
        {
            ended = SolveStatus.OutOfRange;
        }

        if (ended is SolveStatus.Singular or SolveStatus.OutOfRange)
        {
            Array.Fill(Covariance, double.NaN);
        }

        return ended;
    }

    // A parameter in which the curve bends means nothing where the last digits of the values decide on it, as the rate of a curve that is constant at all points.
    private bool Moves(ReadOnlySpan<double> parameters, double deviation, double share, Func<int, bool> counts)
    {
        for (int j = 0; j < parameters.Length; j++)
        {
            double size = Math.Max(Math.Abs(parameters[j]), _plan.Starts.Unit(_row, j));
            if (!_plan.IsAffine[j] && counts(j) && !_search.IsHeld(j) && deviation * Math.Sqrt(_inverse[(j * _search.Width) + j]) > share * size)
            {
                return true;
            }
        }

        return false;
    }

    // Inputs that begin far from zero take exponentials of them beyond all numbers, whatever is left of their changes over the points.
    private bool IsOutOfReach(CurveTape tape) =>
        !(ResidualDeviation <= _row.Rounding)
        && Enumerable.Range(0, _plan.Curve.Inputs.Count).Any(_row.IsFar)
        && _plan.Curve.Graph.Nodes.Select((node, i) => (node.Operation, i)).Any(node => Grows(node.Operation) && tape.LeavesRange(node.i));

    private static bool Grows(CurveOperation operation) => operation is CurveOperation.Exp or CurveOperation.Power or CurveOperation.Sinh or CurveOperation.Cosh;
}
