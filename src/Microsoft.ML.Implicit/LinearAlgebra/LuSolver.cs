using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>Solves by LU factorisation of dense matrices with partial pivoting. A row whose matrix is singular comes out as NaN.</summary>
/// <example><code>
/// var a = new DenseOperator(matrices, OperatorTraits.PositiveDefinite);
/// using IFactorization factorization = new LuSolver().Prepare(a);
/// LinearSolution x = factorization.Solve(b);
/// LinearSolution transposed = factorization.SolveTransposed(b);
/// </code></example>
public sealed class LuSolver : ILinearSolver
{
    /// <inheritdoc/>
    public IFactorization Prepare(RowOperator linearOperator)
    {
        ArgumentNullException.ThrowIfNull(linearOperator);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        (Tensor matrices, Tensor usable) = DenseMatrices.Finite(linearOperator.Dense());
        (Tensor factors, Tensor pivots) = Factorize(matrices, ref usable);
        return new Factorization(factors.DetachFromDisposeScope(), pivots.DetachFromDisposeScope(), usable.DetachFromDisposeScope());
    }

    // LAPACK reports one singular matrix as an error of the whole batch.
    private static (Tensor Factors, Tensor Pivots) Factorize(Tensor matrices, ref Tensor usable)
    {
        try
        {
            (Tensor factors, Tensor? pivots) = linalg.lu_factor(matrices);
            return (factors, pivots!);
        }
        catch (ExternalException)
        {
            usable = usable.logical_and(linalg.inv_ex(matrices).info.logical_not());
            (Tensor factors, Tensor? pivots) = linalg.lu_factor(DenseMatrices.Keep(matrices, usable));
            return (factors, pivots!);
        }
    }

    private sealed class Factorization(Tensor factors, Tensor pivots, Tensor usable) : IFactorization
    {
        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default) => Solve(rightSide, transposed: false);

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Solve(rightSide, transposed: true);

        public void Dispose()
        {
            factors.Dispose();
            pivots.Dispose();
            usable.Dispose();
        }

        private LinearSolution Solve(Tensor rightSide, bool transposed)
        {
            ArgumentNullException.ThrowIfNull(rightSide);
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGraph = no_grad();
            Tensor solution = linalg.lu_solve(factors, pivots, rightSide.unsqueeze(2), adjoint: transposed).squeeze(2);
            return LinearSolution.Direct(DenseMatrices.Mark(solution, usable).MoveToOuterDisposeScope());
        }
    }
}
