using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>
/// Solves systems whose operator knows its <see cref="RowOperator.Sparsity"/>: a few products give the elements, which stand on few diagonals in
/// the pattern's order of the unknowns, and are factorised there. The time is that of <see cref="BandedSolver"/>.
/// </summary>
/// <example><code>
/// var pattern = new SparsityPattern([[0, 1], [0, 1, 2], [1, 2]]);
/// using IFactorization sparse = new SparseSolver().Prepare(new DenseOperator(matrices, sparsity: pattern));
/// Tensor z = sparse.Solve(b).Solution;
/// </code></example>
public sealed class SparseSolver : ILinearSolver
{
    private static readonly BandedSolver Banded = new();

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The operator does not know its sparsity, or one of another width.</exception>
    public IFactorization Prepare(RowOperator linearOperator)
    {
        ArgumentNullException.ThrowIfNull(linearOperator);
        if (linearOperator.Sparsity is not { } pattern || pattern.Width != linearOperator.Width)
        {
            throw new ArgumentException($"{nameof(SparseSolver)} needs an operator that knows its sparsity, of its own width.", nameof(linearOperator));
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        return new Factorization(Banded.Prepare(new BandedOperator(Diagonals(linearOperator, pattern), pattern.Lower)), pattern, linearOperator.Device);
    }

    // A product of the transposed matrix with the sum of a group's unit vectors holds, in each column, the one element of the group's rows there.
    private static Tensor Diagonals(RowOperator linearOperator, SparsityPattern pattern)
    {
        long rows = linearOperator.Rows, width = pattern.Width;
        Tensor diagonals = zeros([rows, (pattern.Lower + pattern.Upper + 1) * width], linearOperator.Type, linearOperator.Device);
        foreach (int[] group in pattern.Groups)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor units = zeros([1, width], linearOperator.Type, linearOperator.Device);
            units.index_fill_(1, Indices(group, linearOperator.Device), 1.Held());
            Tensor elements = linearOperator.ApplyTransposed(units.expand(rows, width));
            var columns = new List<int>();
            var places = new List<int>();
            foreach (int row in group)
            {
                foreach (int column in pattern.Columns(row))
                {
                    int place = pattern.Places[column];
                    columns.Add(column);
                    places.Add(((pattern.Places[row] - place + pattern.Upper) * pattern.Width) + place);
                }
            }

            diagonals.index_copy_(1, Indices(places, linearOperator.Device), elements.index_select(1, Indices(columns, linearOperator.Device)));
        }

        return diagonals.view(rows, -1, width);
    }

    private static Tensor Indices(IEnumerable<int> values, Device device) => tensor([.. values.Select(value => (long)value)], device: device);

    private sealed class Factorization : IFactorization
    {
        private readonly IFactorization _banded;
        private readonly Tensor _order;
        private readonly Tensor _places;

        public Factorization(IFactorization banded, SparsityPattern pattern, Device device)
        {
            _banded = banded;
            _order = Indices(pattern.Order, device).DetachFromDisposeScope();
            _places = Indices(pattern.Places, device).DetachFromDisposeScope();
        }

        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default) => Run(rightSide, b => _banded.Solve(b, cancellationToken));

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Run(rightSide, b => _banded.SolveTransposed(b, cancellationToken));

        public void Dispose()
        {
            _banded.Dispose();
            _order.Dispose();
            _places.Dispose();
        }

        private LinearSolution Run(Tensor rightSide, Func<Tensor, LinearSolution> solve)
        {
            ArgumentNullException.ThrowIfNull(rightSide);
            using DisposeScope scope = NewDisposeScope();
            Tensor ordered = solve(rightSide.index_select(1, _order)).Solution;
            return LinearSolution.Direct(ordered.index_select(1, _places).MoveToOuterDisposeScope());
        }
    }
}
