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
            bool[] isRegular = new bool[matrices.shape[0]];
            FindRegular(matrices, 0, isRegular);
            usable = usable.logical_and(tensor(isRegular).to(usable.device));
            (Tensor factors, Tensor? pivots) = linalg.lu_factor(DenseMatrices.Keep(matrices, usable));
            return (factors, pivots!);
        }
    }

    // By halves: few rows are singular where any are.
    private static void FindRegular(Tensor matrices, int first, Span<bool> isRegular)
    {
        try
        {
            using DisposeScope scope = NewDisposeScope();
            linalg.lu_factor(matrices.narrow(0, first, isRegular.Length));
            isRegular.Fill(true);
        }
        catch (ExternalException) when (isRegular.Length > 1)
        {
            int half = isRegular.Length / 2;
            FindRegular(matrices, first, isRegular[..half]);
            FindRegular(matrices, first + half, isRegular[half..]);
        }
        catch (ExternalException)
        {
            isRegular[0] = false;
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
