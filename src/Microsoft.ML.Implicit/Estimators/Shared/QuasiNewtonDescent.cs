using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Minimises a function of a vector without bounds, whose slopes are given, by a quasi-Newton method with limited memory.</summary>
internal static class QuasiNewtonDescent
{
    /// <param name="start">Where it sets out.</param>
    /// <param name="shortestStep">Length of the last step, relative to how far a variable has gone.</param>
    /// <param name="memory">Steps that are remembered.</param>
    /// <param name="evaluations">Limit on evaluations.</param>
    /// <param name="evaluate">The function at float64 <c>[variables]</c>.</param>
    /// <param name="differentiate">Its gradient where it was evaluated last, <c>[variables]</c>.</param>
    /// <param name="cancellationToken">Looked at once an evaluation.</param>
    public static void Run(
        double[] start, double shortestStep, int memory, int evaluations, Func<Tensor, double> evaluate, Func<Tensor, Tensor> differentiate, CancellationToken cancellationToken)
    {
        double[] infinite = [.. Enumerable.Repeat(double.PositiveInfinity, start.Length)];
        var from = new SearchStart(start, [.. infinite.Select(bound => -bound)], infinite, shortestStep, evaluations - 1, IsSingle: false);
        using DisposeScope scope = NewDisposeScope();
        RowSearches.Run(
            zeros([1, start.Length], ScalarType.Float64),
            [new QuasiNewtonSearch(from, new LimitedMemoryInverse(start.Length, memory))],
            row => full([1, 1], evaluate(row.flatten()).Held(), ScalarType.Float64),
            row => differentiate(row.flatten()).unsqueeze(0),
            cancellationToken);
    }
}
