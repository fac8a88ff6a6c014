using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Weights to set out from, without a solve: linear least squares of the change from each field to the next by the mean of the summed fields at both. It is right where rows are close in time.
/// </summary>
internal static class CoefficientStart
{
    // Of the mean square of a summed field, for those that are nearly sums of others.
    private const double Ridge = 1e-6;

    // What of a field, in proportion to it, those before must leave: else it is one of their sums.
    private const double LeastPart = 1e-4;

    /// <param name="dynamics">The equation.</param>
    /// <param name="open">Its terms that are weighted sums.</param>
    /// <param name="candidates">Places of the summed fields.</param>
    /// <param name="steps">From each field to the next.</param>
    /// <returns>Weights of all these fields that are no sums of those before.</returns>
    public static WeightedSum Of(FieldDynamics dynamics, IReadOnlyList<FieldTerm> open, IReadOnlyList<int> candidates, FieldSteps steps)
    {
        using DisposeScope scope = NewDisposeScope();
        FieldState first = dynamics.StateOf(steps.Start), last = dynamics.StateOf(steps.Target);
        Tensor times = steps.Wide(steps.Paces);
        Tensor change = dynamics.Terms.Except(open).Aggregate(steps.Target - steps.Start, (rest, term) => rest - (Mean(term.forward(first), term.forward(last)) * times));
        Tensor[] all = [.. open.SelectMany(term => term.Basis(first).Zip(term.Basis(last), Mean))];
        Tensor columns = stack([.. candidates.Select(place => (all[place] * times * steps.Roots).flatten())]);
        Tensor sizes = columns.norm(1);
        Tensor scaled = columns / sizes.clamp_min(double.Epsilon.Held()).unsqueeze(1);
        Tensor normal = scaled.mm(scaled.t());
        int[] independent = Independent([.. normal.data<double>()], candidates.Count);
        Tensor kept = tensor([.. independent.Select(i => (long)i)]);
        Tensor ridged = normal.index_select(0, kept).index_select(1, kept).Plus(eye(independent.Length, dtype: ScalarType.Float64) * Ridge.Held());
        Tensor weights = linalg.solve(ridged, scaled.index_select(0, kept).mv((change * steps.Roots).flatten())) / sizes.index_select(0, kept);
        return new WeightedSum([.. independent.Select(i => candidates[i])], [.. weights.data<double>()]);
    }

    // Which fields are no sums of those before, by the factors of Cholesky of the products of all; what is 0 everywhere is none.
    private static int[] Independent(double[] products, int count)
    {
        var kept = new List<int>();
        var rows = new List<double[]>();
        for (int place = 0; place < count; place++)
        {
            double[] row = new double[kept.Count + 1];
            double left = products[(place * count) + place];
            for (int k = 0; k < kept.Count; k++)
            {
                row[k] = (products[(place * count) + kept[k]] - Enumerable.Range(0, k).Sum(i => row[i] * rows[k][i])) / rows[k][k];
                left -= row[k] * row[k];
            }

            if (left > LeastPart * LeastPart)
            {
                row[^1] = Math.Sqrt(left);
                rows.Add(row);
                kept.Add(place);
            }
        }

        return [.. kept];
    }

    private static Tensor Mean(Tensor left, Tensor right) => left.Plus(right) / 2.Held();
}
