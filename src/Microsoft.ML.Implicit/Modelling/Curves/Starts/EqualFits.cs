using Microsoft.ML.Implicit.Modelling.Curves.Expressions;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// Chooses among parameters with which a curve has the same loss and more than signs differ, as the two sets of <c>P * (1 - exp(-a * t / P)) * exp(-b * t / P)</c>: those of which most
/// are positive, as rates and scales are, then the smallest in the order of their names.
/// </summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="tape">The curve at the row's points.</param>
/// <param name="row">The row.</param>
/// <param name="workspace">Room for derivatives.</param>
/// <param name="search">Searches from a start; the loss and the parameters where it converged, null otherwise.</param>
internal sealed class EqualFits(
    CurveFitPlan plan, CurveTape tape, CurveRow row, CurveWorkspace workspace, Func<double[], CancellationToken, (double Loss, double[] Parameters)?> search)
{
    // Shares by which losses and parameters differ where searches end at one minimum.
    private const double SameLoss = 1e-9;
    private const double SameParameter = 1e-6;

    private readonly List<(double Loss, double[] Parameters)> _found = [];

    /// <summary>Forgets the fits of the row before.</summary>
    public void Clear() => _found.Clear();

    /// <summary>Takes a fit.</summary>
    /// <param name="loss">Its loss.</param>
    /// <param name="parameters">Its parameters.</param>
    public void Add(double loss, ReadOnlySpan<double> parameters)
    {
        if (_found.Count == 0 || loss <= Most(_found.Min(fit => fit.Loss)))
        {
            _found.Add((loss, parameters.ToArray()));
        }
    }

    /// <summary>Chooses among the fits, and those to which searches lead from where signs are changed.</summary>
    /// <param name="best">The fit of least loss; replaced.</param>
    /// <param name="least">Its loss.</param>
    /// <param name="cancellationToken">Handed to the searches.</param>
    public void Choose(double[] best, double least, CancellationToken cancellationToken)
    {
        Array.ForEach([.. _found], fit => Prefer(fit, best, least));
        int[] negative = [.. plan.Starts.Drawn.Where(parameter => best[parameter] < 0 && !plan.Starts.IsPlace(parameter) && plan.Allows(parameter, -best[parameter]))];
        foreach (int[] reversed in negative.Length > 1 ? [negative, .. negative.Select(parameter => (int[])[parameter])] : (int[][])[negative])
        {
            double[] start = [.. best];
            Array.ForEach(reversed, parameter => start[parameter] = Math.Abs(start[parameter]));
            plan.Starts.Solve(tape, row, start, workspace);
            if (reversed.Length > 0 && search(start, cancellationToken) is { } fit)
            {
                Prefer(fit, best, least);
            }
        }
    }

    private void Prefer((double Loss, double[] Parameters) fit, double[] best, double least)
    {
        if (fit.Loss <= Most(least) && Compare(fit.Parameters, best) < 0)
        {
            fit.Parameters.CopyTo(best, 0);
        }
    }

    private double Most(double least) => (least * (1 + SameLoss)) + row.RoundingLoss;

    private static int Compare(double[] left, double[] right)
    {
        int compared = right.Count(double.IsPositive).CompareTo(left.Count(double.IsPositive));
        for (int j = 0; j < left.Length && compared == 0; j++)
        {
            (double first, double second) = (Math.Abs(left[j]), Math.Abs(right[j]));
            compared = Math.Abs(first - second) <= SameParameter * Math.Max(first, second) ? 0 : first.CompareTo(second);
        }

        return compared;
    }
}
