using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;

namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>
/// The factorisation of the quasidefinite matrix [P + δI, WᵀS; SW, −S²] with WᵀW = Aᵀ(H + δI)⁻¹A, whose solutions with nothing below x are those of the normal equations. S, one number a
/// cone, keeps entries as large as those of A; where H is diagonal, SW is A.
/// </summary>
internal sealed class SparseNormalFactorization : INormalFactorization
{
    private readonly ScaledProgram _program;
    private readonly ConeBlock[] _blocks;
    private readonly SparseStructure _structure;
    private readonly SparseFactor _factor;
    private readonly int _entriesOfP;
    private readonly double[] _entries;
    private readonly double[] _diagonal;
    private readonly double[] _right;
    private readonly double[] _rows;

    public SparseNormalFactorization(ScaledProgram program, ConeBlock[] blocks, SparseStructure structure)
    {
        (_program, _blocks, _structure) = (program, blocks, structure);
        _factor = new SparseFactor(structure.Symbolic);
        _entriesOfP = (structure.P.Count - structure.P.Rows) / 2;
        _entries = new double[_entriesOfP + structure.A.Count];
        (_diagonal, _right) = (new double[program.Q.Length + program.B.Length], new double[program.Q.Length + program.B.Length]);
        _rows = new double[blocks.Where(block => !block.IsSeparable).Select(block => block.Dimension * structure.A.Row(block.Start).Length).DefaultIfEmpty().Max()];
    }

    public bool TryFactor()
    {
        int n = _program.Q.Length;
        SparseEntries p = _structure.P;
        for (int i = 0, next = 0; i < p.Rows; i++)
        {
            ReadOnlySpan<double> row = _program.P.Row(i);
            ReadOnlySpan<int> columns = p.Row(i);
            for (int k = 0; k < columns.Length; k++)
            {
                if (columns[k] > i)
                {
                    _entries[next++] = row[k];
                }
            }
        }

        for (int i = 0; i < n; i++)
        {
            _diagonal[i] = (_program.P.IsEmpty ? 0 : _program.P.Diagonal(i)) + ConeBlock.Regularisation;
        }

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
        Span<double> diagonal = _diagonal.AsSpan(_program.Q.Length + block.Start, block.Dimension);
        if (block.IsSeparable)
        {
            diagonal.Fill(1);
            block.ApplyInverse(diagonal);
            for (int i = 0; i < block.Dimension; i++)
            {
                _program.A.Row(block.Start + i).CopyTo(Entries(block.Start + i));
                diagonal[i] = -1 / diagonal[i];
            }

            return;
        }

        int width = _structure.A.Row(block.Start).Length;
        Span<double> rows = _rows.AsSpan(0, block.Dimension * width);
        for (int i = 0; i < block.Dimension; i++)
        {
            _program.A.Row(block.Start + i).CopyTo(rows[(i * width)..]);
        }

        double size = DenseVector.MaximumMagnitude(rows);
        block.Whiten(rows, width);
        double whitened = DenseVector.MaximumMagnitude(rows), scale = whitened > 0 ? size / whitened : 1;
        DenseVector.Scale(rows, scale);
        rows.CopyTo(Entries(block.Start));
        diagonal.Fill(-scale * scale);
    }

    private Span<double> Entries(int row) => _entries.AsSpan(_entriesOfP + _structure.A.RowStarts[row]);
}
