using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Scaling;

/// <summary>
/// Equilibrates Q, G and A in place by powers of two (Ruiz, 2001), from <see cref="LogarithmicScales"/> on, so that the result does not depend on the units of
/// variables and rows.
/// </summary>
internal sealed unsafe class MatrixEquilibration
{
    /// <summary>Most passes over the matrices.</summary>
    public const int Passes = 8;

    private readonly LogarithmicScales _start;
    private readonly PinnedBuffer _buffer;
    private readonly double* _columns;
    private readonly double* _inequalities;
    private readonly double* _equalities;

    public MatrixEquilibration(ConstraintLayout layout)
    {
        _start = new LogarithmicScales(layout);
        _buffer = new PinnedBuffer(layout.Variables + layout.General + layout.PaddedEqualities);
        _columns = _buffer.Take(layout.Variables);
        _inequalities = _buffer.Take(layout.General);
        _equalities = _buffer.Take(layout.PaddedEqualities);
    }

    /// <summary>Equilibrates, and sets all scales and magnitudes.</summary>
    public void Apply(DenseMatrices x)
    {
        _start.Find(x);
        MeasureRows(x);
        Vectors.Copy(_inequalities, x.InequalityMagnitude, x.G.Rows);
        Vectors.Copy(_equalities, x.EqualityMagnitude, x.A.Rows);
        new Span<double>(x.VariableScale, x.Q.Rows).Fill(1);
        new Span<double>(x.InequalityScale, x.G.Rows).Fill(1);
        new Span<double>(x.EqualityScale, x.A.Rows).Fill(1);
        Scale(x, _start.Variables, _start.Inequalities, _start.Equalities);
        for (int pass = 0; pass < Passes; pass++)
        {
            new Span<double>(_columns, x.Q.Rows).Clear();
            Equilibration.ColumnMaxima(x.Q, _columns);

            // The unit of the objective plays no part.
            Equilibration.Normalise(_columns, x.Q.Rows);
            Equilibration.ColumnMaxima(x.G, _columns);
            Equilibration.ColumnMaxima(x.A, _columns);
            MeasureRows(x);
            if (pass == 0)
            {
                DescribeVariables(x);
            }

            bool changed = Equilibration.ToFactors(_columns, x.Q.Rows);
            changed |= Equilibration.ToFactors(_inequalities, x.G.Rows);
            changed |= Equilibration.ToFactors(_equalities, x.A.Rows);
            if (!changed)
            {
                break;
            }

            Scale(x, _columns, _inequalities, _equalities);
        }

        ScaleObjective(x);
    }

    private void MeasureRows(DenseMatrices x)
    {
        new Span<double>(_inequalities, x.G.Rows).Clear();
        new Span<double>(_equalities, x.A.Rows).Clear();
        Equilibration.ColumnMaxima(x.GTransposed, _inequalities);
        Equilibration.ColumnMaxima(x.ATransposed, _equalities);
    }

    private void DescribeVariables(DenseMatrices x)
    {
        for (int i = 0; i < x.Variables; i++)
        {
            x.IsUnused[i] = _columns[i] > 0 ? 0 : 1;
        }
    }

    // The scale of D against E and F is free: G and A are the same for all. It is set to make the largest entry of Q about one.
    private void ScaleObjective(DenseMatrices x)
    {
        new Span<double>(_columns, x.Q.Rows).Clear();
        Equilibration.ColumnMaxima(x.Q, _columns);
        int half = Equilibration.Exponent(Vectors.MaxMagnitude(_columns, x.Q.Rows)) >> 1;
        if (half != 0)
        {
            new Span<double>(_columns, x.Q.Rows).Fill(Math.ScaleB(1, -half));
            new Span<double>(_inequalities, x.G.Rows).Fill(Math.ScaleB(1, half));
            new Span<double>(_equalities, x.A.Rows).Fill(Math.ScaleB(1, half));
            Scale(x, _columns, _inequalities, _equalities);
        }
    }

    private static void Scale(DenseMatrices x, double* columns, double* inequalities, double* equalities)
    {
        Equilibration.Scale(x.Q, columns, columns);
        Equilibration.Scale(x.G, inequalities, columns);
        Equilibration.Scale(x.A, equalities, columns);
        Equilibration.Scale(x.GTransposed, columns, inequalities);
        Equilibration.Scale(x.ATransposed, columns, equalities);
        Vectors.Multiply(x.VariableScale, columns, 1, x.VariableScale, x.Q.Rows);
        Vectors.Multiply(x.InequalityScale, inequalities, 1, x.InequalityScale, x.G.Rows);
        Vectors.Multiply(x.EqualityScale, equalities, 1, x.EqualityScale, x.A.Rows);
    }
}
