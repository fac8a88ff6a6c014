using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>
/// Solves banded systems by LU factorisation with partial pivoting within the band, in time proportional to the width: for a
/// <see cref="BandedOperator"/>. It runs in double precision on the host. A row whose matrix is singular comes out as NaN.
/// </summary>
/// <example><code>
/// // −1, 2, −1 on three diagonals.
/// Tensor diagonals = tensor(new double[] { 0, -1, -1, 2, 2, 2, -1, -1, 0 }, [1, 3, 3]);
/// using IFactorization banded = new BandedSolver().Prepare(new BandedOperator(diagonals, lower: 1));
/// Tensor y = banded.Solve(ones(1, 3, dtype: ScalarType.Float64)).Solution;
/// </code></example>
public sealed class BandedSolver : ILinearSolver
{
    /// <inheritdoc/>
    public IFactorization Prepare(RowOperator linearOperator)
    {
        ArgumentNullException.ThrowIfNull(linearOperator);
        if (linearOperator is not BandedOperator banded)
        {
            throw new ArgumentException($"{nameof(BandedSolver)} needs a {nameof(BandedOperator)}, not a {linearOperator.GetType().Name}.", nameof(linearOperator));
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        double[] diagonals = [.. banded.Diagonals.cpu().to(ScalarType.Float64).contiguous().data<double>()];
        int width = (int)banded.Width;
        int size = (banded.Lower + banded.Upper + 1) * width;
        return new Factorization([.. Enumerable.Range(0, (int)banded.Rows).Select(row => BandedMatrix.Factorize(diagonals.AsSpan(row * size, size), width, banded.Lower, banded.Upper))]);
    }

    private sealed class Factorization(BandedMatrix[] rows) : IFactorization
    {
        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default) => Solve(rightSide, (matrix, vector) => matrix.Solve(vector));

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Solve(rightSide, (matrix, vector) => matrix.SolveTransposed(vector));

        public void Dispose()
        {
        }

        private LinearSolution Solve(Tensor rightSide, Action<BandedMatrix, Memory<double>> solve)
        {
            ArgumentNullException.ThrowIfNull(rightSide);
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGraph = no_grad();
            double[] values = [.. rightSide.cpu().to(ScalarType.Float64).contiguous().data<double>()];
            int width = (int)rightSide.shape[1];
            for (int row = 0; row < rows.Length; row++)
            {
                solve(rows[row], values.AsMemory(row * width, width));
            }

            return LinearSolution.Direct(tensor(values, rightSide.shape).to(rightSide.dtype, rightSide.device).MoveToOuterDisposeScope());
        }
    }
}
