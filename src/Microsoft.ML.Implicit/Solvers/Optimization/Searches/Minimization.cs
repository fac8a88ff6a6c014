using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>One search for minima of a batch of rows.</summary>
internal static class Minimization
{
    /// <param name="objective">What is minimised.</param>
    /// <param name="inputs">All else that it depends on.</param>
    /// <param name="initial">Start.</param>
    /// <param name="bounds">Bounds, or null.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="maximumTries">Limit on steps where the settings have none.</param>
    /// <param name="hasHessian">Whether the searches ask for second derivatives, row by row behind the gradient.</param>
    /// <param name="create">Creates the search of a row.</param>
    /// <param name="cancellationToken">Looked at once an evaluation.</param>
    public static MinimizationResult Run(
        IRowObjective objective,
        IReadOnlyList<Tensor> inputs,
        Tensor initial,
        Bounds? bounds,
        MinimizerSettings settings,
        int maximumTries,
        bool hasHessian,
        Func<SearchStart, RowSearch> create,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(initial);
        RequireStart(initial);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        (Tensor lower, Tensor upper) = (bounds ?? new Bounds()).Expand(initial);
        double[][] starts = RowSearches.Rows(initial), lowers = RowSearches.Rows(lower), uppers = RowSearches.Rows(upper);
        RowSearch[] searches =
        [
            .. starts.Select((start, row) => create(new SearchStart(
                start, lowers[row], uppers[row], settings.ToleranceFor(initial.dtype), settings.MaximumIterations ?? maximumTries, initial.dtype == ScalarType.Float32))),
        ];
        var stationarity = new StationarityEquation(objective);
        MinimizationResult result = RowSearches.Run(initial, searches, y => objective.Value(y, inputs).unsqueeze(1), Derivatives, cancellationToken);
        result.Solution.MoveToOuterDisposeScope();
        return result;

        Tensor Derivatives(Tensor y)
        {
            if (!hasHessian)
            {
                return stationarity.Evaluate(y, inputs).detach().reshape(y.shape[0], -1);
            }

            IDifferentiableFunction function = stationarity;
            Linearization linearization = function.Linearize(y, inputs);
            return cat([linearization.Value, linearization.Dense().reshape(y.shape[0], -1)], 1);
        }
    }

    /// <exception cref="ArgumentException">The start is no float32 or float64 <c>[rows, ...]</c>.</exception>
    public static void RequireStart(Tensor initial)
    {
        if (initial.dim() < 1 || initial.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            throw new ArgumentException($"The start must be float32 or float64 [rows, ...] but is {initial.dtype} with {initial.dim()} dimensions.", nameof(initial));
        }

        NativeBackend.EnsureLoaded();
    }
}
