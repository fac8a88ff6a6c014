using Microsoft.ML.Implicit.Layers.Optimization;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>
/// A fitted curve as a layer: the parameters of each row as differentiable functions of the measured values, the inputs and the weights, so that what comes before a fit can be
/// learned by what is done with it.
/// </summary>
/// <remarks>
/// The fit is that of <see cref="CurveFitter"/>; gradients come from the conditions of its optimum and can be differentiated again. A row that did not converge has NaN parameters
/// where failures are not thrown. Bounds that hold a parameter are numbers: no gradient flows to them.
/// </remarks>
/// <example><code>
/// var layer = new CurveFit(new CurveFitter(Curve.Parse("a * exp(-k * t) + c", inputs: ["t"])));
/// Tensor parameters = layer.Solve([times], values).Solution;
/// ImplicitBackward.Run(() =&gt; parameters.sum().backward());
/// </code></example>
/// <param name="fitter">What is fitted.</param>
/// <param name="throwOnFailure">Whether a row that did not converge is an exception; otherwise see the statuses.</param>
public sealed class CurveFit(CurveFitter fitter, bool throwOnFailure = true)
{
    private readonly CurveFitter _fitter = fitter ?? throw new ArgumentNullException(nameof(fitter));

    /// <summary>Fits every row.</summary>
    /// <param name="inputs">For each input its values, <c>[rows, points]</c>, <c>[rows, 1]</c> or <c>[1, points]</c>, of the type and device of the values.</param>
    /// <param name="values">Measured values, <c>[rows, points]</c>, float32 or float64; NaN for those that are missing.</param>
    /// <param name="weights">Weights of the squared residuals, <c>[rows, points]</c>, or null.</param>
    /// <param name="cancellationToken">Looked at in every iteration.</param>
    /// <returns>Parameters <c>[rows, parameters]</c> with a graph, in the caller's dispose scope, and how each row ended.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    /// <exception cref="SolveFailedException">A row did not converge and failures are thrown.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public MinimizationResult Solve(IReadOnlyList<Tensor> inputs, Tensor values, Tensor? weights = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(values);
        Check(inputs, values, weights);
        NativeBackend.EnsureLoaded();
        using DisposeScope scope = NewDisposeScope();
        Tensor isMissing = values.detach().isnan();
        foreach (Tensor other in weights is null ? inputs : [.. inputs, weights])
        {
            isMissing = isMissing.logical_or(other.detach().isnan());
        }

        isMissing = weights is null ? isMissing : isMissing.logical_or(weights.detach().eq(0.Held()));

        Tensor[] all = [.. inputs, values, .. weights is null ? Array.Empty<Tensor>() : [weights]];
        Tensor[] wide = [.. all.Select(tensor => tensor.to(ScalarType.Float64).expand(values.shape))];
        CurveEstimate[] estimates = _fitter.Fit(Points(wide, inputs.Count, weights is not null), cancellationToken);
        MinimizationResult found = Result(estimates, values.device);
        if (throwOnFailure)
        {
            found.ThrowIfFailed();
        }

        int count = inputs.Count;
        var residuals = new RowObjective((parameters, given) =>
        {
            Tensor residual = _fitter.Curve.Evaluate([.. given.Take(count)], parameters) - given[count];
            residual = given.Count > count + 2 ? residual * given[count + 1].sqrt() : residual;
            return residual.masked_fill(given[^1], 0.Held());
        });
        Tensor[] clean = [.. wide.Select(tensor => where(isMissing, ones_like(tensor), tensor)), isMissing];
        Bounds bounds = new(NativeTensor.Of(_fitter.Plan.Lower, [_fitter.Plan.Lower.Length], values.device), NativeTensor.Of(_fitter.Plan.Upper, [_fitter.Plan.Upper.Length], values.device));
        found = ImplicitMinimum.Attach(new LossObjective(residuals, _fitter.Options.Loss), found, clean, bounds, adjointSolver: null, throwOnFailure);
        return found with { Solution = found.Solution.to(values.dtype).MoveToOuterDisposeScope() };
    }

    private static CurvePoints[] Points(Tensor[] tensors, int inputs, bool hasWeights)
    {
        int rows = (int)tensors[0].shape[0], points = (int)tensors[0].shape[1];
        double[][] numbers = [.. tensors.Select(tensor => tensor.detach().cpu().contiguous().data<double>().ToArray())];
        return
        [
            .. Enumerable.Range(0, rows).Select(row =>
            {
                double[][] parts = [.. numbers.Select(values => values.AsSpan(row * points, points).ToArray())];
                return new CurvePoints(parts[..inputs], parts[inputs], hasWeights ? parts[^1] : null);
            }),
        ];
    }

    private static MinimizationResult Result(CurveEstimate[] estimates, Device device)
    {
        int width = estimates.Length == 0 ? 0 : estimates[0].Parameters.Length;
        double[] parameters = [.. estimates.SelectMany(estimate => estimate.Status == SolveStatus.Converged ? estimate.Parameters : [.. estimate.Parameters.Select(_ => double.NaN)])];
        return new MinimizationResult(
            NativeTensor.Of(parameters, [estimates.Length, width], device),
            [.. estimates.Select(estimate => estimate.Status)],
            [.. estimates.Select(estimate => estimate.Loss)],
            estimates.Length == 0 ? 0 : estimates.Max(estimate => estimate.Iterations));
    }

    private void Check(IReadOnlyList<Tensor> inputs, Tensor values, Tensor? weights)
    {
        bool fits = values.dim() == 2 && values.is_floating_point() && inputs.Count == _fitter.Curve.Inputs.Count
            && inputs.All(input => input.dim() == 2 && input.shape[0] is var rows && (rows == 1 || rows == values.shape[0]) && input.shape[1] is var points && (points == 1 || points == values.shape[1]))
            && (weights is null || weights.shape.SequenceEqual(values.shape));
        if (!fits)
        {
            throw new ArgumentException(
                $"'{_fitter.Curve}' needs values [rows, points], {_fitter.Curve.Inputs.Count} inputs that extend to them, and weights like them; there are values [{string.Join(", ", values.shape)}]"
                + $" and inputs {string.Join(", ", inputs.Select(input => $"[{string.Join(", ", input.shape)}]"))}.",
                nameof(values));
        }
    }
}
