using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// Factors of a program's rows and columns that bring the largest magnitude of each near one (Ruiz, "A scaling algorithm to equilibrate both rows and columns norms in matrices", 2001), those of all rows of
/// a cone that is no product alike.
/// </summary>
/// <param name="p">P, which is scaled.</param>
/// <param name="q">q, which is read.</param>
/// <param name="a">A, which is scaled.</param>
/// <param name="b">b, which is scaled.</param>
/// <param name="blocks">The cones.</param>
internal sealed class Equilibration(RowMatrix p, double[] q, RowMatrix a, double[] b, ConeBlock[] blocks)
{
    /// <summary>What a right-hand side may be beside the coefficients of its row, and a cost beside those of its column: one that stands for "never" must not make the others small.</summary>
    public const double LargestSide = 10;

    private const int MaximumPasses = 12;

    // How far norms may be from one.
    private const double Unevenness = 0.2;

    private readonly double[] _columnNorms = new double[q.Length];
    private readonly double[] _rowNorms = new double[b.Length];

    /// <summary>Factors of the columns.</summary>
    public double[] Columns { get; } = new double[q.Length];

    /// <summary>Factors of the rows.</summary>
    public double[] Rows { get; } = new double[b.Length];

    /// <summary>Finds both, and scales P, A and b by them.</summary>
    public void Apply()
    {
        Reset();
        for (int pass = 0; pass < MaximumPasses; pass++)
        {
            MeasureNorms();
            if (Math.Max(Improve(Columns, _columnNorms), Improve(Rows, _rowNorms)) <= Unevenness)
            {
                break;
            }
        }

        DenseVector.Scale(b, 1, Rows);
        for (int i = 0; i < p.Rows; i++)
        {
            p.Scale(i, Columns[i], Columns);
        }

        for (int i = 0; i < a.Rows; i++)
        {
            a.Scale(i, Rows[i], Columns);
        }
    }

    /// <summary>Finds factors of the rows alone, and scales A by them.</summary>
    public void ApplyToRows()
    {
        Reset();
        MeasureNorms();
        for (int i = 0; i < a.Rows; i++)
        {
            Rows[i] = _rowNorms[i] > 0 ? 1 / _rowNorms[i] : 1;
            DenseVector.Scale(a.Row(i), Rows[i]);
        }
    }

    /// <summary>What of each variable makes a term of one in P and A as they are, or one where there is no coefficient.</summary>
    public void MeasureReach(Span<double> reach)
    {
        Array.Clear(_columnNorms);
        Array.Fill(Columns, 1);
        for (int i = 0; i < p.Rows; i++)
        {
            p.RaiseToMagnitudes(i, 1, Columns, _columnNorms);
        }

        for (int i = 0; i < a.Rows; i++)
        {
            a.RaiseToMagnitudes(i, 1, Columns, _columnNorms);
        }

        for (int i = 0; i < reach.Length; i++)
        {
            reach[i] = _columnNorms[i] > 0 ? 1 / _columnNorms[i] : 1;
        }
    }

    private void Reset()
    {
        Array.Fill(Columns, 1);
        Array.Fill(Rows, 1);
    }

    private void MeasureNorms()
    {
        for (int j = 0; j < q.Length; j++)
        {
            _columnNorms[j] = Math.Abs(q[j]) * Columns[j] / LargestSide;
        }

        for (int i = 0; i < p.Rows; i++)
        {
            p.RaiseToMagnitudes(i, Columns[i], Columns, _columnNorms);
        }

        for (int i = 0; i < a.Rows; i++)
        {
            _rowNorms[i] = Math.Max(a.RaiseToMagnitudes(i, Rows[i], Columns, _columnNorms), Math.Abs(b[i]) * Rows[i] / LargestSide);
        }

        foreach (ConeBlock block in blocks)
        {
            if (block is not (ZeroBlock or NonnegativeBlock))
            {
                block.Of(_rowNorms).Fill(DenseVector.MaximumMagnitude(block.Of(_rowNorms)));
            }
        }
    }

    // Divides factors by √norm but where it is empty; returns how far norms were from one.
    private static double Improve(double[] factors, double[] norms)
    {
        double unevenness = 0;
        for (int i = 0; i < norms.Length; i++)
        {
            if (norms[i] > 0)
            {
                unevenness = Math.Max(unevenness, Math.Abs(norms[i] - 1));
                factors[i] *= 1 / Math.Sqrt(norms[i]);
            }
        }

        return unevenness;
    }
}
