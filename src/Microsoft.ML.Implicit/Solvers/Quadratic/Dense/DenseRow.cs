namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Vectors of one row's problem in equilibrated units, and products with its constraint matrix C = [G; -I; I].</summary>
internal sealed unsafe class DenseRow
{
    /// <summary>Bounds at least this large mean that there is none.</summary>
    public const double Infinity = 1e20;

    private readonly PinnedBuffer _buffer;

    public DenseRow(ConstraintLayout layout)
    {
        Layout = layout;
        _buffer = new PinnedBuffer((3 * layout.Length) + (2 * layout.Variables) + layout.PaddedEqualities);
        P = _buffer.Take(layout.Variables);
        InverseVariableScale = _buffer.Take(layout.Variables);
        D = _buffer.Take(layout.Length);
        Active = _buffer.Take(layout.Length);
        ConstraintScale = _buffer.Take(layout.Length);
        B = _buffer.Take(layout.PaddedEqualities);
    }

    public ConstraintLayout Layout { get; }

    public DenseMatrices Matrices { get; private set; } = null!;

    public double* P { get; }

    /// <summary>1 / D of the variable scale, 0 for padding.</summary>
    public double* InverseVariableScale { get; }

    /// <summary>Right-hand side of C z ≤ d; 1 where there is no constraint.</summary>
    public double* D { get; }

    /// <summary>1 for a constraint, 0 for padding and infinite bounds.</summary>
    public double* Active { get; }

    /// <summary>E extended to the bounds: λ = E λ̃, s = s̃ / E.</summary>
    public double* ConstraintScale { get; }

    public double* B { get; }

    public int ActiveCount { get; private set; }

    /// <summary>Reads one row; says whether its data are finite (bounds may be infinite) and ordered.</summary>
    public bool Load(DenseMatrices matrices, ReadOnlySpan<double> p, ReadOnlySpan<double> h, ReadOnlySpan<double> b, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
    {
        Matrices = matrices;
        bool finite = matrices.IsFinite;
        for (int i = 0; i < p.Length; i++)
        {
            finite &= double.IsFinite(p[i]);
            P[i] = p[i] * matrices.VariableScale[i];
            InverseVariableScale[i] = 1 / matrices.VariableScale[i];
        }

        for (int i = 0; i < b.Length; i++)
        {
            finite &= double.IsFinite(b[i]);
            B[i] = b[i] * matrices.EqualityScale[i];
        }

        new Span<double>(D, Layout.Length).Fill(1);
        new Span<double>(Active, Layout.Length).Clear();
        new Span<double>(ConstraintScale, Layout.Length).Fill(1);
        ActiveCount = 0;
        for (int i = 0; i < h.Length; i++)
        {
            finite &= !double.IsNaN(h[i]) && h[i] > -Infinity;
            ConstraintScale[i] = matrices.InequalityScale[i];
            Set(i, h[i] * matrices.InequalityScale[i], h[i] < Infinity);
        }

        return finite & LoadBounds(lower, Layout.LowerOffset, -1) & LoadBounds(upper, Layout.UpperOffset, 1);
    }

    /// <summary>result = C z on constraints, 0 elsewhere.</summary>
    public void ApplyConstraints(double* z, double* result)
    {
        for (int j = 0; j < Matrices.GTransposed.Panels; j++)
        {
            Panel.MultiplyVector(z, Matrices.GTransposed.Column(j), Layout.Variables, 1, add: false, result + (j * Panel.Width));
        }

        Vectors.Multiply(result, Active, 1, result, Layout.General);
        if (Layout.HasLower)
        {
            Vectors.Multiply(z, Active + Layout.LowerOffset, -1, result + Layout.LowerOffset, Layout.Variables);
        }

        if (Layout.HasUpper)
        {
            Vectors.Multiply(z, Active + Layout.UpperOffset, 1, result + Layout.UpperOffset, Layout.Variables);
        }
    }

    /// <summary>result += Cᵀ y.</summary>
    public void AddTransposedConstraints(double* y, double* result)
    {
        if (Layout.General > 0)
        {
            for (int j = 0; j < Matrices.G.Panels; j++)
            {
                Panel.MultiplyVector(y, Matrices.G.Column(j), Layout.General, 1, add: true, result + (j * Panel.Width));
            }
        }

        if (Layout.HasLower)
        {
            Vectors.Add(y + Layout.LowerOffset, -1, result, Layout.Variables);
        }

        if (Layout.HasUpper)
        {
            Vectors.Add(y + Layout.UpperOffset, 1, result, Layout.Variables);
        }
    }

    /// <summary>result = Q z.</summary>
    public void ApplyHessian(double* z, double* result)
    {
        for (int j = 0; j < Matrices.Q.Panels; j++)
        {
            Panel.MultiplyVector(z, Matrices.Q.Column(j), Layout.Variables, 1, add: false, result + (j * Panel.Width));
        }
    }

    /// <summary>result = A z.</summary>
    public void ApplyEqualities(double* z, double* result)
    {
        for (int j = 0; j < Matrices.ATransposed.Panels; j++)
        {
            Panel.MultiplyVector(z, Matrices.ATransposed.Column(j), Layout.Variables, 1, add: false, result + (j * Panel.Width));
        }
    }

    /// <summary>result += Aᵀ y.</summary>
    public void AddTransposedEqualities(double* y, double* result)
    {
        if (Layout.Equalities > 0)
        {
            for (int j = 0; j < Matrices.A.Panels; j++)
            {
                Panel.MultiplyVector(y, Matrices.A.Column(j), Layout.PaddedEqualities, 1, add: true, result + (j * Panel.Width));
            }
        }
    }

    private bool LoadBounds(ReadOnlySpan<double> bounds, int offset, double sign)
    {
        bool valid = true;
        for (int i = 0; i < bounds.Length; i++)
        {
            double bound = sign * bounds[i];
            valid &= !double.IsNaN(bound) && bound > -Infinity;
            ConstraintScale[offset + i] = InverseVariableScale[i];
            Set(offset + i, bound * InverseVariableScale[i], bound < Infinity);
        }

        return valid;
    }

    private void Set(int index, double bound, bool active)
    {
        if (active)
        {
            D[index] = bound;
            Active[index] = 1;
            ActiveCount++;
        }
    }
}
