using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Scaling;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// <see cref="LinkedVariables"/> and <see cref="LogarithmicScales"/> of stacked matrices Q, G and A, [n + m + k, n] or [batch, n + m + k, n].
/// </summary>
internal sealed class BatchedLinks
{
    private readonly Tensor _logarithms;
    private readonly Tensor _absent;
    private readonly Tensor _curvatures;
    private readonly Tensor _isCurved;
    private readonly Tensor _variables;

    // The first variable of the set of each variable, and of each row.
    private readonly Tensor _sets;
    private readonly Tensor _rowSets;

    public BatchedLinks(Tensor matrices, long n)
    {
        Tensor rows = matrices.narrow(-2, n, matrices.shape[^2] - n), diagonal = matrices.narrow(-2, 0, n).diagonal(0, -2, -1);
        _absent = rows.eq(0.Held());
        _logarithms = Logarithms(rows);
        _curvatures = Logarithms(diagonal).mul_(0.5.Held());
        _isCurved = diagonal.ne(0.Held()).to(ScalarType.Float64);
        _variables = HeldArithmetic.Range(0, n, matrices.device).expand(diagonal.shape);
        (_sets, _rowSets) = rows.shape[^2] > 0 ? Link(n) : (_variables, zeros(rows.shape[..^1], ScalarType.Int64, matrices.device));
        Tensor group = where(SetSums(_isCurved).gather(-1, _sets) > 0.Held(), zeros_like(_sets), _sets.Plus(1.Held()));
        Groups = cat([group, group.gather(-1, _rowSets)], -1);
    }

    /// <summary>The group of each variable and then of each row of G and A, int64 [n + m + k] or [batch, n + m + k].</summary>
    public Tensor Groups { get; }

    /// <summary>Powers of two by which to multiply columns and then the rows of G and A, [n + m + k] or [batch, n + m + k].</summary>
    public Tensor Scales()
    {
        Tensor columns = zeros_like(_sets, ScalarType.Float64), rows = zeros_like(_rowSets, ScalarType.Float64);
        if (rows.shape[^1] > 0)
        {
            (columns, rows) = EvenOut(Spread(columns.masked_fill_(_sets.ne(_variables), double.NaN.Held())));
        }

        Tensor levels = Levels(columns);
        columns = columns - levels.gather(-1, _sets);
        rows = rows.Plus(levels.gather(-1, _rowSets));
        return cat([columns, rows], -1).PlusInPlace(LogarithmicScales.Rounding.Held()).floor_().nan_to_num_(0).exp2_();
    }

    // Takes the scales of known columns on until all are known.
    private Tensor Spread(Tensor columns)
    {
        do
        {
            Tensor means = NegativeKnownMeans(NegativeKnownMeans(columns.unsqueeze(-2), -1).unsqueeze(-1), -2);
            columns = where(means.isnan(), columns, means);
        }
        while (columns.isnan().any().item<bool>());
        return columns;
    }

    // Over the entries whose other side is known; NaN where there are none.
    private Tensor NegativeKnownMeans(Tensor others, int dimension)
    {
        Tensor scaled = _logarithms.Plus(others), unknown = scaled.isnan().logical_or_(_absent);
        Tensor count = unknown.logical_not().sum(dimension, type: ScalarType.Float64);
        return scaled.masked_fill_(unknown, 0.Held()).sum(dimension).neg_().div_(count);
    }

    // The sweep that made all known is the first. NaN in rows without entries.
    private (Tensor Columns, Tensor Rows) EvenOut(Tensor columns)
    {
        Tensor present = _absent.logical_not().to(ScalarType.Float64), transposed = present.transpose(-1, -2);
        Tensor rowCounts = present.sum(-1), columnCounts = present.sum(-2).PlusInPlace(_isCurved), isInNone = columnCounts.eq(0.Held());
        Tensor rowDivisors = rowCounts.clamp(min: 1.Held()), columnDivisors = columnCounts.clamp_(min: 1.Held());
        Tensor rowSums = _logarithms.sum(-1), columnSums = _logarithms.sum(-2).PlusInPlace(_isCurved * _curvatures), rows = rowSums;
        for (int sweep = 1; sweep < LogarithmicScales.EveningSweeps; sweep++)
        {
            rows = Product(present, columns).PlusInPlace(rowSums).neg_().div_(rowDivisors);
            Tensor sums = Product(transposed, rows).PlusInPlace(columnSums).sub_(_isCurved * Levels(columns).gather(-1, _sets));
            columns = where(isInNone, columns, sums.neg_().div_(columnDivisors));
        }

        return (columns, rows.masked_fill_(rowCounts.eq(0.Held()), double.NaN.Held()));
    }

    private static Tensor Product(Tensor matrix, Tensor x) => matrix.matmul(x.unsqueeze(-1)).squeeze(-1);

    private (Tensor Sets, Tensor RowSets) Link(long n)
    {
        Tensor sets = _variables, last, rows;
        do
        {
            last = sets;
            rows = sets.unsqueeze(-2).masked_fill(_absent, n.Held()).amin([-1]);
            sets = minimum(sets, rows.unsqueeze(-1).masked_fill(_absent, n.Held()).amin([-2]));
            sets = sets.gather(-1, sets);
        }
        while (sets.ne(last).any().item<bool>());

        // An empty row is in no set; any will do.
        return (sets, rows.clamp(max: (n - 1).Held()));
    }

    // Of the diagonal of Q, half the scaled logarithm on average over each set.
    private Tensor Levels(Tensor columns) => SetSums(_isCurved * _curvatures.Plus(columns)).div_(SetSums(_isCurved).clamp_(min: 1.Held()));

    private Tensor SetSums(Tensor values) => zeros_like(values).scatter_add(-1, _sets, values);

    private static Tensor Logarithms(Tensor values) => values.abs().log2_().floor_().nan_to_num_(0, 0, 0);
}
