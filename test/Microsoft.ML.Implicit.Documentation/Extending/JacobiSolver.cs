using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation.Extending;

/// <summary>Jacobi's iteration x ← x + D⁻¹ (b − A x) in float64, where D is the diagonal of A; it converges where D dominates.</summary>
public sealed class JacobiSolver(double tolerance = 1e-12, int maximumIterations = 500) : ILinearSolver
{
    public IFactorization Prepare(RowOperator linearOperator)
    {
        using IDisposable noGraph = no_grad();
        using Tensor matrices = linearOperator.Dense();
        return new Prepared(linearOperator, matrices.diagonal(0, 1, 2).clone().DetachFromDisposeScope(), tolerance, maximumIterations);
    }

    private sealed class Prepared(RowOperator a, Tensor diagonal, double tolerance, int maximumIterations) : IFactorization
    {
        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default) => Run(a.Apply, rightSide, cancellationToken);

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Run(a.ApplyTransposed, rightSide, cancellationToken);

        public void Dispose() => diagonal.Dispose();

        private LinearSolution Run(Func<Tensor, Tensor> apply, Tensor rightSide, CancellationToken cancellationToken)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGraph = no_grad();
            Tensor x = zeros_like(rightSide);
            for (int iteration = 0; ; iteration++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Tensor residual = rightSide - apply(x);
                Tensor converged = residual.norm(1).le(rightSide.norm(1) * tolerance);
                if (iteration == maximumIterations || converged.all().item<bool>())
                {
                    SolveStatus[] statuses = [.. converged.data<bool>().Select(met => met ? SolveStatus.Converged : SolveStatus.MaximumIterations)];
                    return new LinearSolution(x.MoveToOuterDisposeScope(), statuses, iteration);
                }

                x = x + (residual / diagonal);
            }
        }
    }
}
