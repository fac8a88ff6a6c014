using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Roots;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation.Extending;

/// <summary>
/// Pseudo-transient continuation (Kelley and Keyes, 1998): implicit Euler steps of dz/dt = −g(z) in float64, the longer the smaller g is.
/// </summary>
public sealed class PseudoTransientMethod(double firstStep = 1, double tolerance = 1e-12, int maximumIterations = 200) : IRootMethod
{
    public RootResult Solve(IDifferentiableFunction equation, IReadOnlyList<Tensor> inputs, Tensor initial, CancellationToken cancellationToken = default)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        Tensor z = initial.detach().clone();
        Tensor? first = null;
        for (int iteration = 0; ; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Linearization at = equation.Linearize(z, inputs);
            Tensor norm = at.Value.norm(1, true);
            double[] residuals = [.. norm.flatten().data<double>()];
            if (iteration == maximumIterations || residuals.All(residual => residual <= tolerance))
            {
                SolveStatus[] statuses = [.. residuals.Select(Status)];
                return new RootResult(z.MoveToOuterDisposeScope(), statuses, residuals, iteration);
            }

            first ??= norm.clamp_min(tolerance);
            Tensor shift = diag_embed((norm / first / firstStep).expand(at.Rows, at.Width));
            using IFactorization factorization = new LuSolver().Prepare(new DenseOperator(at.Dense() + shift));
            z = z - factorization.Solve(at.Value, cancellationToken).Solution.view(z.shape);
        }
    }

    private SolveStatus Status(double residual) =>
        residual <= tolerance ? SolveStatus.Converged : double.IsFinite(residual) ? SolveStatus.MaximumIterations : SolveStatus.Diverged;
}
