using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>
/// Solves by Cholesky factorisation of dense matrices, at half the cost of <see cref="LuSolver"/>. A row whose matrix is not positive
/// definite comes out as NaN.
/// </summary>
/// <example><code>
/// using IFactorization cholesky = new CholeskySolver().Prepare(a);
/// </code></example>
public sealed class CholeskySolver : ILinearSolver
{
    /// <inheritdoc/>
    public IFactorization Prepare(RowOperator linearOperator)
    {
        ArgumentNullException.ThrowIfNull(linearOperator);
        Requirements.PositiveDefinite(linearOperator, nameof(CholeskySolver));
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        (Tensor matrices, Tensor usable) = DenseMatrices.Finite(linearOperator.Dense());
        (Tensor factor, Tensor info) = linalg.cholesky_ex(matrices);
        usable = usable.logical_and(info.logical_not());
        return new Factorization(DenseMatrices.Keep(factor, usable).DetachFromDisposeScope(), usable.DetachFromDisposeScope());
    }

    private sealed class Factorization(Tensor factor, Tensor usable) : IFactorization
    {
        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(rightSide);
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGraph = no_grad();
            Tensor solution = cholesky_solve(rightSide.unsqueeze(2), factor, false).squeeze(2);
            return LinearSolution.Direct(DenseMatrices.Mark(solution, usable).MoveToOuterDisposeScope());
        }

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Solve(rightSide, cancellationToken);

        public void Dispose()
        {
            factor.Dispose();
            usable.Dispose();
        }
    }
}
