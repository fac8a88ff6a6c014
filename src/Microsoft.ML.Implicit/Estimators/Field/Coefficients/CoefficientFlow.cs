using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What an equation makes of fields by the weights of its terms, and what each weight changes of that.</summary>
/// <param name="dynamics">The equation.</param>
/// <param name="open">Its terms that are weighted sums.</param>
/// <param name="solver">How fields are carried on.</param>
/// <param name="cancellation">Checked in every step of solves.</param>
internal sealed class CoefficientFlow(FieldDynamics dynamics, IReadOnlyList<FieldTerm> open, FieldSolver solver, CancellationToken cancellation)
{
    // Of the weight that would change a field by a standard deviation a row: small beside that, and large beside the error of a solve.
    private const double Difference = 1e-3;

    // In the summed fields of a batch.
    private const long MostElements = 1 << 20;

    /// <summary>Counts evaluations of the equation a solve.</summary>
    public SolverMeter Meter { get; } = new();

    /// <summary>Fields after some time.</summary>
    /// <param name="fields">Where they are now, [batch, 1, points...].</param>
    /// <param name="paces">The time of each, [batch].</param>
    /// <param name="weighted">The terms' sum.</param>
    /// <returns>Of the shape of <paramref name="fields"/>; NaN where the equation cannot be solved.</returns>
    public Tensor Next(Tensor fields, Tensor paces, WeightedSum weighted) => InParts(fields, paces, weighted.Places.Length, 1, (fields, paces) =>
        Solve(fields, paces, weighted.Places, NativeTensor.Of(weighted.Weights, [1, weighted.Weights.Length]).expand(fields.shape[0], -1)).unsqueeze(0)).squeeze(0);

    /// <summary>The derivatives of those with respect to the weights.</summary>
    /// <param name="fields">Where they are now, [batch, 1, points...].</param>
    /// <param name="paces">The time of each, [batch].</param>
    /// <param name="weighted">The terms' sum.</param>
    /// <param name="sizes">Root mean square of each of the summed fields.</param>
    /// <returns>[weights, batch, 1, points...].</returns>
    public Tensor Derivatives(Tensor fields, Tensor paces, WeightedSum weighted, IReadOnlyList<double> sizes)
    {
        int count = weighted.Places.Length;
        double[] differences = [.. weighted.Places.Select(place => Difference / sizes[place])];
        Tensor moved = NativeTensor.Of(weighted.Weights, [1, count]).Plus(cat([zeros(1, count, ScalarType.Float64), diag(NativeTensor.Of(differences, [count]))]));
        return InParts(fields, paces, count, count + 1, Differentiate);

        // All copies of a field take the same steps of time, whose errors their differences do not have.
        Tensor Differentiate(Tensor fields, Tensor paces)
        {
            long[] each = [.. Enumerable.Repeat(1L, (int)fields.dim() - 1)];
            Tensor ends = Solve(fields.repeat([count + 1, .. each]), paces.repeat(count + 1), weighted.Places, moved.repeat_interleave(fields.shape[0], 0)).view([count + 1, .. fields.shape]);
            return (ends.narrow(0, 1, count) - ends.narrow(0, 0, 1)) / NativeTensor.Of(differences, [count, 1, .. each]);
        }
    }

    private Tensor Solve(Tensor fields, Tensor paces, IReadOnlyList<int> places, Tensor weights) =>
        FieldRollout.Next(new WeightedEquation(dynamics, open, places, weights, paces), fields, solver, Meter, cancellation);

    // [..., batch, 1, points...] of all fields, a part of them at a time.
    private static Tensor InParts(Tensor fields, Tensor paces, int columns, int copies, Func<Tensor, Tensor, Tensor> solve)
    {
        using DisposeScope scope = NewDisposeScope();
        long count = fields.shape[0];
        long size = Math.Clamp(MostElements / (fields.numel() / count * copies * Math.Max(1, columns)), 1, count);
        var parts = new List<Tensor>();
        foreach ((Tensor part, Tensor its) in fields.split(size).Zip(paces.split(size)))
        {
            using DisposeScope inner = NewDisposeScope();
            parts.Add(solve(part, its).MoveToOuterDisposeScope());
        }

        return cat(parts, 1).MoveToOuterDisposeScope();
    }
}
