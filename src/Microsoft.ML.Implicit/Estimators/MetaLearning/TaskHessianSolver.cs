using Microsoft.ML.Implicit.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Solves with (Λ + YᵀY)⁻¹ by Cholesky's method: where the rows of Y are fewer than the weights, as (I + Y Λ⁻¹ Yᵀ)⁻¹ in the span of the rows (Woodbury 1950), at a cost linear in the
/// number of features.
/// </summary>
internal sealed class TaskHessianSolver : ILinearSolver
{
    private static readonly CholeskySolver Direct = new();

    /// <exception cref="ArgumentException">The operator is another one.</exception>
    public IFactorization Prepare(RowOperator linearOperator)
    {
        if (linearOperator is not TaskHessian hessian)
        {
            throw new ArgumentException($"{nameof(TaskHessianSolver)} needs a {nameof(TaskHessian)}, not a {linearOperator.GetType().Name}.", nameof(linearOperator));
        }

        if (hessian.Width <= hessian.RootRows)
        {
            return Direct.Prepare(hessian);
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        return new SpanFactorization(hessian, Direct.Prepare(new DenseOperator(hessian.DualDense(), OperatorTraits.PositiveDefinite)));
    }

    // (Λ + YᵀY)⁻¹ = Λ⁻¹ − Λ⁻¹ Yᵀ (I + Y Λ⁻¹ Yᵀ)⁻¹ Y Λ⁻¹.
    private sealed class SpanFactorization(TaskHessian hessian, IFactorization span) : IFactorization
    {
        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGraph = no_grad();
            LinearSolution inner = span.Solve(hessian.ApplyRoot(Unpenalize(rightSide)), cancellationToken);
            Tensor solution = Unpenalize(rightSide - hessian.ApplyRootTransposed(inner.Solution));
            return LinearSolution.Direct(solution.MoveToOuterDisposeScope());
        }

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Solve(rightSide, cancellationToken);

        public void Dispose() => span.Dispose();

        private Tensor Unpenalize(Tensor vector) => (vector.view(hessian.Rows, hessian.Penalties.shape[0], -1) / hessian.Penalties).flatten(1);
    }
}
