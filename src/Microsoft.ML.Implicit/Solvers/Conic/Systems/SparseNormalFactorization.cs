using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;

namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>The factorisation of the quasidefinite matrix [P + δI, Wᵀ; W, −I], W = (H + δI)^(−½)A, whose solutions with nothing below x are those of the normal equations.</summary>
internal sealed class SparseNormalFactorization : INormalFactorization
{
    private readonly ScaledProgram _program;
    private readonly ConeBlock[] _blocks;
    private readonly SparseStructure _structure;
    private readonly SparseFactor _factor;
    private readonly double[] _entries;
    private readonly double[] _diagonal;
    private readonly double[] _weights;
    private readonly double[] _right;
    private readonly double[] _rows;

    public SparseNormalFactorization(ScaledProgram program, ConeBlock[] blocks, SparseStructure structure)
    {
        (_program, _blocks, _structure) = (program, blocks, structure);
        _factor = new SparseFactor(structure.Symbolic);
        _entries = new double[structure.P.Count + structure.A.Count];
        (_diagonal, _right) = (new double[program.Q.Length + program.B.Length], new double[program.Q.Length + program.B.Length]);
        _weights = new double[program.B.Length];
        _rows = new double[blocks.Where(block => !block.IsSeparable).Select(block => block.Dimension * structure.A.Row(block.Start).Length).DefaultIfEmpty().Max()];
    }

    public bool TryFactor()
    {
        int n = _program.Q.Length;
        SparsityPattern p = _structure.P;
        for (int i = 0, next = 0; i < p.Rows; i++)
        {
            Span<double> row = _program.P.Row(i);
            foreach (int column in p.Row(i))
            {
                _entries[next++] = row[column];
            }
        }

        for (int i = 0; i < n; i++)
        {
            _diagonal[i] = (_program.P.IsEmpty ? 0 : _program.P.Row(i)[i]) + ConeBlock.Regularisation;
        }

        _diagonal.AsSpan(n).Fill(-1);
        foreach (ConeBlock block in _blocks)
        {
            Whiten(block);
        }

        return _factor.TryFactor(_entries, _diagonal);
    }

    public void Solve(Span<double> x)
    {
        x.CopyTo(_right);
        _right.AsSpan(x.Length).Clear();
        _factor.Solve(_right);
        _right.AsSpan(0, x.Length).CopyTo(x);
    }

    private void Whiten(ConeBlock block)
    {
        SparsityPattern a = _structure.A;
        if (block.IsSeparable)
        {
            Span<double> weights = block.Of(_weights);
            weights.Fill(1);
            block.ApplyInverse(weights);
            for (int i = 0; i < block.Dimension; i++)
            {
                Gather(block.Start + i, Math.Sqrt(weights[i]), Entries(block.Start + i));
            }

            return;
        }

        int width = a.Row(block.Start).Length;
        Span<double> rows = _rows.AsSpan(0, block.Dimension * width);
        for (int i = 0; i < block.Dimension; i++)
        {
            Gather(block.Start + i, 1, rows[(i * width)..]);
        }

        block.Whiten(rows, width);
        rows.CopyTo(Entries(block.Start));
    }

    private Span<double> Entries(int row) => _entries.AsSpan(_structure.P.Count + _structure.A.RowStarts[row]);

    private void Gather(int row, double factor, Span<double> target)
    {
        ReadOnlySpan<double> values = _program.A.Row(row);
        ReadOnlySpan<int> columns = _structure.A.Row(row);
        for (int i = 0; i < columns.Length; i++)
        {
            target[i] = factor * values[columns[i]];
        }
    }
}
