using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>One search for least squares of a batch of rows.</summary>
internal static class LeastSquaresMinimization
{
    public static MinimizationResult Run(
        IRowObjective residuals, IReadOnlyList<Tensor> inputs, Tensor initial, RobustLoss? loss, Bounds? bounds, LeastSquaresSettings settings, bool isDamped, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(residuals);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(initial);
        Minimization.RequireStart(initial);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        (Tensor lower, Tensor upper) = (bounds ?? new Bounds()).Expand(initial);
        double[][] starts = RowSearches.Rows(initial), lowers = RowSearches.Rows(lower), uppers = RowSearches.Rows(upper);
        int count = (int)residuals.Values(initial.detach(), inputs).shape[1];
        LeastSquaresSettings limits = initial.dtype == ScalarType.Float32 ? settings with { Tolerance = Math.Max(settings.Tolerance, 1e-4) } : settings;
        RowSearch[] searches = [.. starts.Select((start, row) =>
        {
            var search = new LeastSquaresSearch(start.Length, limits, loss ?? RobustLoss.Squares, isDamped, initial.dtype == ScalarType.Float32);
            search.Begin(start, lowers[row], uppers[row], count);
            return search;
        })];
        MinimizationResult result = RowSearches.Run(initial, searches, y => residuals.Values(y, inputs), y => ResidualJacobian.Of(residuals, y, inputs).reshape(y.shape[0], -1), cancellationToken);
        result.Solution.MoveToOuterDisposeScope();
        return result;
    }
}
