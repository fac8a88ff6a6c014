using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>
/// Q, G and A of one row, or of all rows where they are shared, equilibrated: D Q D, E G D, F A D with powers of two,
/// so that scaling rounds nothing (Ruiz, 2001). The scales do not depend on the unit of the objective: the largest entry of D Q D is about one.
/// </summary>
internal sealed unsafe class DenseMatrices
{
    private const int EquilibrationPasses = 8;

    private readonly PinnedBuffer _buffer;
    private readonly ThreadTeam _team;
    private readonly double* _columnMaxima;
    private readonly double* _inequalityMaxima;
    private readonly double* _equalityMaxima;
    private readonly LogarithmicScales _start;

    public DenseMatrices(ConstraintLayout layout, ThreadTeam team)
    {
        _team = team;
        Variables = layout.ActualVariables;
        Inequalities = layout.Inequalities;
        SingleVariableRows = new SingleVariableRows(layout);
        Linked = new LinkedVariables(layout);
        Equalities = layout.Equalities;
        int n = layout.Variables, m = layout.General, k = layout.PaddedEqualities;
        int squares = Equalities > 0 ? 2 : 1;
        _buffer = new PinnedBuffer((squares * n * n) + (2 * m * n) + (2 * k * n) + (3 * (n + m + k)) + PanelCholesky.Size(n));
        Q = new PanelMatrix(_buffer, n, n);
        QAugmented = Equalities > 0 ? new PanelMatrix(_buffer, n, n) : Q;
        G = new PanelMatrix(_buffer, m, n);
        GTransposed = new PanelMatrix(_buffer, n, m);
        A = new PanelMatrix(_buffer, k, n);
        ATransposed = new PanelMatrix(_buffer, n, k);
        VariableScale = _buffer.Take(n);
        InequalityScale = _buffer.Take(m);
        EqualityScale = _buffer.Take(k);
        IsUnused = _buffer.Take(n);
        InequalityMagnitude = _buffer.Take(m);
        EqualityMagnitude = _buffer.Take(k);
        _columnMaxima = _buffer.Take(n);
        _inequalityMaxima = _buffer.Take(m);
        _equalityMaxima = _buffer.Take(k);
        ConvexityFactor = new PanelCholesky(_buffer, n);
        _start = new LogarithmicScales(layout);
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

    /// <summary>1 for variables that are in no term but p and their bounds, 0 for others.</summary>
    public double* IsUnused { get; }

    /// <summary>Largest magnitude in each row of G, in the user's units.</summary>
    public double* InequalityMagnitude { get; }

    /// <summary>Largest magnitude in each row of A, in the user's units.</summary>
    public double* EqualityMagnitude { get; }

    public SingleVariableRows SingleVariableRows { get; }

    public LinkedVariables Linked { get; }

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

        SetPadding(0);
        Q.Load(q, Variables, Variables);
        Symmetrise();
        G.Load(g, Inequalities, Variables);
        SingleVariableRows.Load(g);
        Linked.Load(g, a);
        Linked.Group(Q);
        A.Load(a, Equalities, Variables);
        GTransposed.LoadTransposed(G);
        ATransposed.LoadTransposed(A);
        Equilibrate();
        IsConvex = MakeConvex(quadraticType);
        SetPadding(1);
        if (Equalities > 0)
        {
            Augment();
        }
    }

    private void SetPadding(double diagonal)
    {
        for (int i = Variables; i < Q.Rows; i++)
        {
            Q.At(i, i) = diagonal;
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
        MeasureRows();
        Vectors.Copy(_inequalityMaxima, InequalityMagnitude, G.Rows);
        Vectors.Copy(_equalityMaxima, EqualityMagnitude, A.Rows);
        _start.Find(this);
        Vectors.Copy(_start.Variables, _columnMaxima, Q.Rows);
        Vectors.Copy(_start.Inequalities, _inequalityMaxima, G.Rows);
        Vectors.Copy(_start.Equalities, _equalityMaxima, A.Rows);
        Equilibration.Scale(Q, _columnMaxima, _columnMaxima);
        Vectors.Multiply(VariableScale, _columnMaxima, 1, VariableScale, Q.Rows);
        ScaleConstraints();
        for (int pass = 0; pass < EquilibrationPasses; pass++)
        {
            new Span<double>(_columnMaxima, Q.Rows).Clear();
            Equilibration.ColumnMaxima(Q, _columnMaxima);
            Equilibration.Normalise(_columnMaxima, Q.Rows);
            Equilibration.ColumnMaxima(G, _columnMaxima);
            Equilibration.ColumnMaxima(A, _columnMaxima);
            MeasureRows();
            if (pass == 0)
            {
                DescribeVariables();
            }

            bool changed = Equilibration.ToFactors(_columnMaxima, Q.Rows);
            changed |= Equilibration.ToFactors(_inequalityMaxima, G.Rows);
            changed |= Equilibration.ToFactors(_equalityMaxima, A.Rows);
            if (!changed)
            {
                break;
            }

            Equilibration.Scale(Q, _columnMaxima, _columnMaxima);
            Vectors.Multiply(VariableScale, _columnMaxima, 1, VariableScale, Q.Rows);
            ScaleConstraints();
        }

        ScaleObjective();
    }

    private void MeasureRows()
    {
        new Span<double>(_inequalityMaxima, G.Rows).Clear();
        new Span<double>(_equalityMaxima, A.Rows).Clear();
        Equilibration.ColumnMaxima(GTransposed, _inequalityMaxima);
        Equilibration.ColumnMaxima(ATransposed, _equalityMaxima);
    }

    // By the factors that have taken the place of the maxima.
    private void ScaleConstraints()
    {
        Equilibration.Scale(G, _inequalityMaxima, _columnMaxima);
        Equilibration.Scale(A, _equalityMaxima, _columnMaxima);
        Equilibration.Scale(GTransposed, _columnMaxima, _inequalityMaxima);
        Equilibration.Scale(ATransposed, _columnMaxima, _equalityMaxima);
        Vectors.Multiply(InequalityScale, _inequalityMaxima, 1, InequalityScale, G.Rows);
        Vectors.Multiply(EqualityScale, _equalityMaxima, 1, EqualityScale, A.Rows);
    }

    private void DescribeVariables()
    {
        for (int i = 0; i < Variables; i++)
        {
            IsUnused[i] = _columnMaxima[i] > 0 ? 0 : 1;
        }
    }

    // The scale of D against E and F is free: G and A are the same for all. It is set to make the largest entry of Q about one.
    private void ScaleObjective()
    {
        new Span<double>(_columnMaxima, Q.Rows).Clear();
        Equilibration.ColumnMaxima(Q, _columnMaxima);
        int half = Equilibration.Exponent(Vectors.MaxMagnitude(_columnMaxima, Q.Rows)) >> 1;
        if (half == 0)
        {
            return;
        }

        new Span<double>(_columnMaxima, Q.Rows).Fill(Math.ScaleB(1, -half));
        Equilibration.Scale(Q, _columnMaxima, _columnMaxima);
        Vectors.Multiply(VariableScale, _columnMaxima, 1, VariableScale, Q.Rows);
        for (int i = 0; i < Inequalities; i++)
        {
            InequalityScale[i] = Math.ScaleB(InequalityScale[i], half);
        }

        for (int i = 0; i < Equalities; i++)
        {
            EqualityScale[i] = Math.ScaleB(EqualityScale[i], half);
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
