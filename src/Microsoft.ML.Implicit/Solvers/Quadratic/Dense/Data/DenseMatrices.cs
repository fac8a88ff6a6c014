using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Scaling;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;

/// <summary>
/// Q, G and A of one row, or of all rows where they are shared, equilibrated: D Q D, E G D, F A D with powers of two,
/// so that scaling rounds nothing (Ruiz, 2001). The scales do not depend on the unit of the objective: the largest entry of D Q D is about one.
/// </summary>
internal sealed unsafe class DenseMatrices
{
    private readonly PinnedBuffer _buffer;
    private readonly ThreadTeam _team;
    private readonly double* _units;
    private readonly MatrixEquilibration _equilibration;

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
        _buffer = new PinnedBuffer((squares * n * n) + (2 * m * n) + (2 * k * n) + (4 * n) + (2 * (m + k)) + PanelCholesky.Size(n));
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
        DiagonalRoot = _buffer.Take(n);
        InequalityMagnitude = _buffer.Take(m);
        EqualityMagnitude = _buffer.Take(k);
        _units = _buffer.Take(n);
        ConvexityFactor = new PanelCholesky(_buffer, n);
        _equilibration = new MatrixEquilibration(layout);
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

    /// <summary>Square roots of the diagonal of Q.</summary>
    public double* DiagonalRoot { get; }

    /// <summary>The largest of them.</summary>
    public double LargestRoot { get; private set; }

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
        _equilibration.Apply(this);
        IsConvex = MakeConvex(quadraticType);
        for (int i = 0; i < Variables; i++)
        {
            DiagonalRoot[i] = Math.Sqrt(Math.Max(Q.At(i, i), 0));
        }

        LargestRoot = Vectors.MaxMagnitude(DiagonalRoot, Q.Rows);
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

    // Adds to the diagonal what rounding may have taken from it, see Convexity; false where no rounding explains what is missing.
    private bool MakeConvex(ScalarType type)
    {
        new Span<double>(_units, Q.Rows).Clear();
        Equilibration.ColumnMaxima(Q, _units);
        double largest = Vectors.MaxMagnitude(_units, Q.Rows);
        for (int i = 0; i < Variables; i++)
        {
            _units[i] = Math.Abs(Q.At(i, i)) + (Convexity.SmallestDiagonal * largest);
        }

        Equilibration.ToFactors(_units, Q.Rows);
        double enlarged = 0;
        foreach (double tolerance in Convexity.Tolerances(Variables, type))
        {
            if (Factors(_units, tolerance))
            {
                EnlargeDiagonal(enlarged > 0 ? tolerance : 0);
                return true;
            }

            enlarged = tolerance;
        }

        // Where the leading columns are nearly dependent, a factorisation without interchanges loses more than the matrix lacks.
        bool isConvex = SmallestEigenvalue(_units) >= -enlarged;
        EnlargeDiagonal(isConvex ? enlarged : 0);
        return isConvex;
    }

    private void EnlargeDiagonal(double share)
    {
        for (int i = 0; share > 0 && i < Variables; i++)
        {
            Q.At(i, i) += share / (_units[i] * _units[i]);
        }
    }

    private double SmallestEigenvalue(double* scales)
    {
        using DisposeScope scope = NewDisposeScope();
        var values = new double[Variables * Variables];
        for (int i = 0; i < values.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, Variables);
            values[i] = scales[row] * Q.At(row, column) * scales[column];
        }

        return linalg.eigvalsh(NativeTensor.Of(values, [Variables, Variables])).min().item<double>();
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
