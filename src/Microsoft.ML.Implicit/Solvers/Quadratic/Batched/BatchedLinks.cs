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
    private readonly Tensor _present;
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
        _present = rows.ne(0.Held());
        _absent = _present.logical_not();
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
            columns = columns.masked_fill_(_sets.ne(_variables), double.NaN.Held());
            Tensor none = full_like(rows, double.NaN.Held());
            bool areKnown = false;
            for (int sweeps = 0; sweeps < LogarithmicScales.EveningSweeps;)
            {
                rows = NegativeMeans(columns.unsqueeze(-2), -1, zeros_like(rows), zeros_like(rows), none);
                columns = areKnown
                    ? NegativeMeans(rows.unsqueeze(-1), -2, _isCurved * (_curvatures - Levels(columns).gather(-1, _sets)), _isCurved, columns)
                    : NegativeMeans(rows.unsqueeze(-1), -2, zeros_like(columns), zeros_like(columns), columns);
                areKnown = areKnown || !columns.isnan().any().item<bool>();
                sweeps += areKnown ? 1 : 0;
            }
        }

        Tensor levels = Levels(columns);
        columns = columns - levels.gather(-1, _sets);
        rows = rows.Plus(levels.gather(-1, _rowSets));
        return cat([columns, rows], -1).PlusInPlace(LogarithmicScales.Rounding.Held()).floor_().nan_to_num_(0).exp2_();
    }

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

    // Over the entries whose other side is known, and others of a given sum and number.
    private Tensor NegativeMeans(Tensor others, int dimension, Tensor sum, Tensor count, Tensor otherwise)
    {
        Tensor scaled = _logarithms.Plus(others), known = _present.logical_and(scaled.isnan().logical_not());
        count = count.Plus(known.to(ScalarType.Float64).sum(dimension));
        Tensor means = sum.Plus(scaled.masked_fill_(known.logical_not(), 0.Held()).sum(dimension)).neg_() / count.clamp(min: 1.Held());
        return where(count > 0.Held(), means, otherwise);
    }

    private Tensor SetSums(Tensor values) => zeros_like(values).scatter_add(-1, _sets, values);

    private static Tensor Logarithms(Tensor values) => values.abs().log2_().floor_().nan_to_num_(0, 0, 0);
}
