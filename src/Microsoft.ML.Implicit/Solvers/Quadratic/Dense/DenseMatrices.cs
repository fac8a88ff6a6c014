namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>
/// Q, G and A of one row, or of all rows where they are shared, equilibrated: D Q D, E G D, F A D with powers of two,
/// so that scaling rounds nothing (Ruiz, 2001).
/// </summary>
internal sealed unsafe class DenseMatrices
{
    private const int EquilibrationPasses = 4;

    // A negative eigenvalue within rounding of zero counts as zero.
    private const double ConvexityTolerance = 1e-9;

    private readonly PinnedBuffer _buffer;

    public DenseMatrices(int variables, int inequalities, int equalities)
    {
        Variables = variables;
        Inequalities = inequalities;
        Equalities = equalities;
        int n = Panel.Pad(variables), m = Panel.Pad(inequalities), k = Panel.Pad(equalities);
        int squares = equalities > 0 ? 2 : 1;
        _buffer = new PinnedBuffer((squares * n * n) + (2 * m * n) + (2 * k * n) + n + m + k + PanelCholesky.Size(n));
        Q = new PanelMatrix(_buffer, n, n);
        QAugmented = equalities > 0 ? new PanelMatrix(_buffer, n, n) : Q;
        G = new PanelMatrix(_buffer, m, n);
        GTransposed = new PanelMatrix(_buffer, n, m);
        A = new PanelMatrix(_buffer, k, n);
        ATransposed = new PanelMatrix(_buffer, n, k);
        VariableScale = _buffer.Take(n);
        InequalityScale = _buffer.Take(m);
        EqualityScale = _buffer.Take(k);
        ConvexityFactor = new PanelCholesky(_buffer, n);
    }

    public int Variables { get; }

    public int Inequalities { get; }

    public int Equalities { get; }

    public PanelMatrix Q { get; }

    /// <summary>Q + AᵀA: the same solutions where A z = b, and definite where Q is singular across the equalities only.</summary>
    public PanelMatrix QAugmented { get; }

    public PanelMatrix G { get; }

    public PanelMatrix GTransposed { get; }

    public PanelMatrix A { get; }

    public PanelMatrix ATransposed { get; }

    /// <summary>D: z = D z̃.</summary>
    public double* VariableScale { get; }

    /// <summary>E: λ = E λ̃, s = s̃ / E.</summary>
    public double* InequalityScale { get; }

    /// <summary>F: ν = F ν̃.</summary>
    public double* EqualityScale { get; }

    public bool IsFinite { get; private set; }

    public bool IsConvex { get; private set; }

    private PanelCholesky ConvexityFactor { get; }

    /// <summary>Reads row-major matrices; Q is replaced by its symmetric part.</summary>
    public void Load(ReadOnlySpan<double> q, ReadOnlySpan<double> g, ReadOnlySpan<double> a)
    {
        IsFinite = Finite.All(q)
            && Finite.All(g)
            && Finite.All(a);
        if (!IsFinite)
        {
            return;
        }

        Q.Load(q, Variables, Variables);
        Symmetrise();
        G.Load(g, Inequalities, Variables);
        A.Load(a, Equalities, Variables);
        Equilibrate();
        IsConvex = FactorsAsConvex();
        for (int i = Variables; i < Q.Rows; i++)
        {
            Q.At(i, i) = 1;
        }

        GTransposed.LoadTransposed(G, Variables, Inequalities);
        ATransposed.LoadTransposed(A, Variables, Equalities);
        if (Equalities > 0)
        {
            Augment();
        }
    }

    private void Symmetrise()
    {
        for (int i = 0; i < Variables; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double mean = 0.5 * (Q.At(i, j) + Q.At(j, i));
                Q.At(i, j) = mean;
                Q.At(j, i) = mean;
            }
        }
    }

    private void Equilibrate()
    {
        new Span<double>(VariableScale, Q.Rows).Fill(1);
        new Span<double>(InequalityScale, G.Rows).Fill(1);
        new Span<double>(EqualityScale, A.Rows).Fill(1);
        double[] columns = new double[Q.Rows];
        double[] rows = new double[Math.Max(G.Rows, A.Rows)];
        for (int pass = 0; pass < EquilibrationPasses; pass++)
        {
            Array.Clear(columns);
            Equilibration.ColumnMaxima(Q, columns);
            Equilibration.ColumnMaxima(G, columns);
            Equilibration.ColumnMaxima(A, columns);
            bool changed = Equilibration.ToFactors(columns);
            changed |= ScaleRows(G, InequalityScale, rows);
            changed |= ScaleRows(A, EqualityScale, rows);
            if (!changed)
            {
                return;
            }

            Equilibration.ScaleColumns(Q, columns);
            Equilibration.ScaleRows(Q, columns);
            Equilibration.ScaleColumns(G, columns);
            Equilibration.ScaleColumns(A, columns);
            for (int j = 0; j < Q.Rows; j++)
            {
                VariableScale[j] *= columns[j];
            }
        }
    }

    private static bool ScaleRows(PanelMatrix matrix, double* scale, double[] rows)
    {
        Array.Clear(rows);
        Equilibration.RowMaxima(matrix, rows);
        bool changed = Equilibration.ToFactors(rows);
        Equilibration.ScaleRows(matrix, rows);
        for (int i = 0; i < matrix.Rows; i++)
        {
            scale[i] *= rows[i];
        }

        return changed;
    }

    // Congruence keeps the signs of the eigenvalues, so the equilibrated Q decides.
    private bool FactorsAsConvex()
    {
        double largest = 0;
        for (int i = 0; i < Variables; i++)
        {
            largest = Math.Max(largest, Math.Abs(Q.At(i, i)));
        }

        ConvexityFactor.Factor.CopyFrom(Q);
        double shift = ConvexityTolerance * Math.Max(largest, 1);
        for (int i = 0; i < Q.Rows; i++)
        {
            ConvexityFactor.Factor.At(i, i) += i < Variables ? shift : 1;
        }

        return ConvexityFactor.FactorAll() > 0;
    }

    private void Augment()
    {
        QAugmented.CopyFrom(Q);
        for (int i = 0; i < Q.Panels; i++)
        {
            for (int j = i; j < Q.Panels; j++)
            {
                Panel.AddProduct(A.Column(i), A.Column(j), A.Rows, 1, QAugmented.Tile(i * Panel.Width, j));
            }
        }
    }
}
