using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation.Extending;

/// <summary>Picard's iteration with Aitken's relaxation (Irons and Tuck, 1969): each row learns its step from its last two residuals.</summary>
public sealed class AitkenSolver(double tolerance = 1e-6, int maximumIterations = 200) : IFixedPointSolver
{
    public FixedPointResult Solve(IFixedPointMap map, Tensor initial, CancellationToken cancellationToken = default)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        Tensor z = initial.detach().clone();
        Tensor step = ones([z.shape[0], 1], z.dtype, z.device);
        Tensor? before = null;
        for (int iteration = 1; ; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Tensor residual = (map.Evaluate(z) - z).flatten(1);
            double[] norms = [.. residual.norm(1).cpu().to(ScalarType.Float64).data<double>()];
            if (iteration == maximumIterations || norms.All(norm => norm <= tolerance))
            {
                SolveStatus[] statuses = [.. norms.Select(norm => norm <= tolerance ? SolveStatus.Converged : SolveStatus.MaximumIterations)];
                return new FixedPointResult(z.MoveToOuterDisposeScope(), statuses, norms, iteration, iteration * z.shape[0]);
            }

            if (before is not null)
            {
                Tensor change = residual - before;
                step = step * (before * change).sum(1, keepdim: true) / change.pow(2).sum(1, keepdim: true).clamp_min(1e-30) * -1;
            }

            z = z + (residual * step).view(z.shape);
            before = residual;
        }
    }
}
