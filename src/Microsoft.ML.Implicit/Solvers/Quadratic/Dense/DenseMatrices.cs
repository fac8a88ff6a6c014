using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>
/// Q, G and A of one row, or of all rows where they are shared, equilibrated: D Q D, E G D, F A D with powers of two,
/// so that scaling rounds nothing (Ruiz, 2001).
/// </summary>
internal sealed unsafe class DenseMatrices
{
    private const int EquilibrationPasses = 4;

    private readonly PinnedBuffer _buffer;
    private readonly ThreadTeam _team;
    private readonly bool _hasBounds;
    private readonly double* _columnMaxima;
    private readonly double* _inequalityMaxima;
    private readonly double* _equalityMaxima;

    public DenseMatrices(ConstraintLayout layout, ThreadTeam team)
    {
        _team = team;
        _hasBounds = layout.HasLower || layout.HasUpper;
        Variables = layout.ActualVariables;
        Inequalities = layout.Inequalities;
        Equalities = layout.Equalities;
        int n = layout.Variables, m = layout.General, k = layout.PaddedEqualities;
        int squares = Equalities > 0 ? 2 : 1;
        _buffer = new PinnedBuffer((squares * n * n) + (2 * m * n) + (2 * k * n) + (2 * (n + m + k)) + PanelCholesky.Size(n));
        Q = new PanelMatrix(_buffer, n, n);
        QAugmented = Equalities > 0 ? new PanelMatrix(_buffer, n, n) : Q;
        G = new PanelMatrix(_buffer, m, n);
        GTransposed = new PanelMatrix(_buffer, n, m);
        A = new PanelMatrix(_buffer, k, n);
        ATransposed = new PanelMatrix(_buffer, n, k);
        VariableScale = _buffer.Take(n);
        InequalityScale = _buffer.Take(m);
        EqualityScale = _buffer.Take(k);
        _columnMaxima = _buffer.Take(n);
        _inequalityMaxima = _buffer.Take(m);
        _equalityMaxima = _buffer.Take(k);
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

    /// <summary>Reads row-major matrices; Q, whose numbers came in the given type, is replaced by its symmetric part.</summary>
    public void Load(ReadOnlySpan<double> q, ReadOnlySpan<double> g, ReadOnlySpan<double> a, ScalarType quadraticType)
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
        GTransposed.LoadTransposed(G);
        ATransposed.LoadTransposed(A);
        Equilibrate();
        IsConvex = MakeConvex(quadraticType);
        for (int i = Variables; i < Q.Rows; i++)
        {
            Q.At(i, i) = 1;
        }

        if (Equalities > 0)
        {
            Augment();
        }
    }

    private void Symmetrise()
    {
        for (int panel = 0; panel < Q.Panels; panel++)
        {
            for (int row = 0; row <= panel; row++)
            {
                double* upper = Q.Tile(row * Panel.Width, panel), lower = Q.Tile(panel * Panel.Width, row);
                for (int i = 0; i < Panel.Width; i++)
                {
                    for (int j = 0; j < Panel.Width; j++)
                    {
                        ref double x = ref upper[(i * Panel.Width) + j], y = ref lower[(j * Panel.Width) + i];
                        double mean = 0.5 * (x + y);
                        x = mean;
                        y = mean;
                    }
                }
            }
        }
    }

    private void Equilibrate()
    {
        new Span<double>(VariableScale, Q.Rows).Fill(1);
        new Span<double>(InequalityScale, G.Rows).Fill(1);
        new Span<double>(EqualityScale, A.Rows).Fill(1);
        for (int pass = 0; pass < EquilibrationPasses; pass++)
        {
            new Span<double>(_columnMaxima, Q.Rows).Clear();
            new Span<double>(_inequalityMaxima, G.Rows).Clear();
            new Span<double>(_equalityMaxima, A.Rows).Clear();
            Equilibration.ColumnMaxima(Q, _columnMaxima);
            if (_hasBounds)
            {
                Equilibration.FillEmpty(_columnMaxima, Variables);
            }

            Equilibration.ColumnMaxima(G, _columnMaxima);
            Equilibration.ColumnMaxima(A, _columnMaxima);
            Equilibration.ColumnMaxima(GTransposed, _inequalityMaxima);
            Equilibration.ColumnMaxima(ATransposed, _equalityMaxima);
            bool changed = Equilibration.ToFactors(_columnMaxima, Q.Rows);
            changed |= Equilibration.ToFactors(_inequalityMaxima, G.Rows);
            changed |= Equilibration.ToFactors(_equalityMaxima, A.Rows);
            if (!changed)
            {
                return;
            }

            Equilibration.Scale(Q, _columnMaxima, _columnMaxima);
            Equilibration.Scale(G, _inequalityMaxima, _columnMaxima);
            Equilibration.Scale(A, _equalityMaxima, _columnMaxima);
            Equilibration.Scale(GTransposed, _columnMaxima, _inequalityMaxima);
            Equilibration.Scale(ATransposed, _columnMaxima, _equalityMaxima);
            Vectors.Multiply(VariableScale, _columnMaxima, 1, VariableScale, Q.Rows);
            Vectors.Multiply(InequalityScale, _inequalityMaxima, 1, InequalityScale, G.Rows);
            Vectors.Multiply(EqualityScale, _equalityMaxima, 1, EqualityScale, A.Rows);
        }
    }

    // Adds to the diagonal what rounding may have taken from it, see Convexity; false where no rounding explains what is missing.
    private bool MakeConvex(ScalarType type)
    {
        double* units = _columnMaxima;
        new Span<double>(units, Q.Rows).Clear();
        Equilibration.ColumnMaxima(Q, units);
        double largest = Vectors.MaxMagnitude(units, Q.Rows);
        for (int i = 0; i < Variables; i++)
        {
            units[i] = Math.Abs(Q.At(i, i)) + (Convexity.SmallestDiagonal * largest);
        }

        Equilibration.ToFactors(units, Q.Rows);
        bool isRounded = false;
        foreach (double tolerance in Convexity.Tolerances(Variables, type))
        {
            if (Factors(units, tolerance))
            {
                for (int i = 0; isRounded && i < Variables; i++)
                {
                    Q.At(i, i) += tolerance / (units[i] * units[i]);
                }

                return true;
            }

            isRounded = true;
        }

        return false;
    }

    private bool Factors(double* scales, double shift)
    {
        PanelMatrix factor = ConvexityFactor.Factor;
        factor.CopyFrom(Q);
        Equilibration.Scale(factor, scales, scales);
        for (int i = 0; i < factor.Rows; i++)
        {
            factor.At(i, i) += i < Variables ? shift : 1;
        }

        return ConvexityFactor.FactorAll(_team) > 0;
    }

    private void Augment()
    {
        QAugmented.CopyFrom(Q);
        _team.For(Q.Panels, (long)Q.Panels * Q.Panels / 2 * A.Rows * Panel.TileSize, i =>
            Panel.AddProducts(A.Column(i), A.Column(i), A.PanelStride, A.Rows, 1, QAugmented.Tile(i * Panel.Width, i), QAugmented.PanelStride, Q.Panels - i));
    }
}
