using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Scaling;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;

/// <summary>
/// Vectors of one row's problem in normal units, in which costs and solution are of the order of one whatever the user's, and products with its
/// constraint matrix C = [G; -I; I]. Variables that bounds and rows of G with one entry leave no room are fixed.
/// </summary>
internal sealed unsafe partial class DenseRow
{
    /// <summary>Bounds at least this large mean that there is none.</summary>
    public const double Infinity = 1e20;

    private readonly PinnedBuffer _buffer;
    private readonly NormalUnits _units;

    public DenseRow(ConstraintLayout layout)
    {
        Layout = layout;
        _buffer = new PinnedBuffer((4 * layout.Length) + (4 * layout.Variables) + (2 * layout.PaddedEqualities));
        P = _buffer.Take(layout.Variables);
        VariableUnit = _buffer.Take(layout.Variables);
        Fixing = _buffer.Take(layout.Variables);
        FixedValue = _buffer.Take(layout.Variables);
        D = _buffer.Take(layout.Length);
        Active = _buffer.Take(layout.Length);
        ConstraintUnit = _buffer.Take(layout.Length);
        B = _buffer.Take(layout.PaddedEqualities);
        EqualityUnit = _buffer.Take(layout.PaddedEqualities);
        InactiveSlack = _buffer.Take(layout.Length);
        EmptyRows = new EmptyRows(layout);
        Room = new VariableRoom(layout);
        _units = new NormalUnits(layout);
    }

    public ConstraintLayout Layout { get; }

    public DenseMatrices Matrices { get; private set; } = null!;

    public double* P { get; }

    /// <summary>z = unit · z̃ + fixed value.</summary>
    public double* VariableUnit { get; }

    /// <summary>A weight for variables that are fixed, 0 for others.</summary>
    public double* Fixing { get; }

    /// <summary>In the user's units; 0 for variables that are not fixed.</summary>
    public double* FixedValue { get; }

    /// <summary>Right-hand side of C z ≤ d; 1 where there is no constraint.</summary>
    public double* D { get; }

    /// <summary>1 for a constraint, 0 for padding, infinite bounds, rows of zeros and limits of fixed variables.</summary>
    public double* Active { get; }

    /// <summary>s = unit · s̃, λ = objective's unit / unit · λ̃.</summary>
    public double* ConstraintUnit { get; }

    public double* B { get; }

    /// <summary>ν = objective's unit / unit · ν̃.</summary>
    public double* EqualityUnit { get; }

    /// <summary>Slacks of constraints that are switched off, in the user's units: what fixed variables leave, or infinity.</summary>
    public double* InactiveSlack { get; }

    public EmptyRows EmptyRows { get; }

    public VariableRoom Room { get; }

    public double ObjectiveUnit { get; private set; }

    /// <summary>Objective of the fixed variables, in the user's units.</summary>
    public double Constant { get; private set; }

    /// <summary>What the equilibrated Q is multiplied by: 1, or less where the linear costs outweigh it.</summary>
    public double Curvature { get; private set; }

    /// <summary>Largest magnitude in p of variables that are not fixed.</summary>
    public double CostMagnitude { get; private set; }

    /// <summary>Whether the row's system for unit weights is that of every other row with the same matrices and constraints.</summary>
    public bool IsOrdinary => !HasFixed && Curvature == 1;

    public bool HasFixed { get; private set; }

    public int ActiveCount { get; private set; }

    /// <summary>Reads one row; says whether its data are finite (bounds may be infinite).</summary>
    public bool Load(
        DenseMatrices matrices,
        ReadOnlySpan<double> p,
        ReadOnlySpan<double> h,
        ReadOnlySpan<double> b,
        ReadOnlySpan<double> lower,
        ReadOnlySpan<double> upper,
        bool fixesVariables)
    {
        Matrices = matrices;
        Curvature = 1;
        Constant = 0;
        HasFixed = false;
        ActiveCount = 0;
        EmptyRows.Clear();
        new Span<double>(Fixing, Layout.Variables).Clear();
        new Span<double>(FixedValue, Layout.Variables).Clear();
        new Span<double>(D, Layout.Length).Fill(1);
        new Span<double>(Active, Layout.Length).Clear();
        new Span<double>(ConstraintUnit, Layout.Length).Fill(1);
        new Span<double>(InactiveSlack, Layout.Length).Fill(double.PositiveInfinity);
        bool valid = matrices.IsFinite & Finite.All(p) & Finite.All(b);
        for (int i = 0; i < p.Length; i++)
        {
            VariableUnit[i] = matrices.VariableScale[i];
            P[i] = p[i] * VariableUnit[i];
        }

        for (int i = 0; i < b.Length; i++)
        {
            EqualityUnit[i] = 1 / matrices.EqualityScale[i];
            B[i] = b[i] * matrices.EqualityScale[i];
        }

        for (int i = 0; i < h.Length; i++)
        {
            double limit = Infinity * Math.Max(matrices.InequalityMagnitude[i], 1);
            valid &= !double.IsNaN(h[i]) && h[i] > -limit;
            ConstraintUnit[i] = 1 / matrices.InequalityScale[i];
            Set(i, h[i] * matrices.InequalityScale[i], h[i] < limit);
        }

        valid &= LoadBounds(lower, Layout.LowerOffset, -1) & LoadBounds(upper, Layout.UpperOffset, 1);
        if (valid)
        {
            HasFixed = fixesVariables && FindRoom();
            if (HasFixed)
            {
                FixVariables();
            }

            SetEmptyRowsAside();
            ToNormalUnits();
        }

        return valid;
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
            Panel.MultiplyVector(z, Matrices.Q.Column(j), Layout.Variables, Curvature, add: false, result + (j * Panel.Width));
        }
    }

    /// <summary>A bound on the sums of magnitudes that Q z is made of: |qᵢⱼ| is at most √(qᵢᵢ qⱼⱼ).</summary>
    public double LargestHessianTerm(double* z)
    {
        double largest = 0, sum = 0;
        for (int i = 0; i < Layout.ActualVariables; i++)
        {
            double root = Math.Sqrt(Math.Max(Matrices.Q.At(i, i), 0));
            largest = Math.Max(largest, root);
            sum += root * Math.Abs(z[i]);
        }

        return Curvature * largest * sum;
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

    /// <summary>Largest magnitude of z in the user's units, of variables that a matrix or a cost determines.</summary>
    public double SizeOf(double* z)
    {
        double size = 0;
        for (int i = 0; i < Layout.ActualVariables; i++)
        {
            bool isArbitrary = Matrices.IsUnused[i] > 0 && P[i] == 0;
            size = isArbitrary ? size : Math.Max(size, Math.Abs((z[i] * VariableUnit[i]) + FixedValue[i]));
        }

        return size;
    }

    /// <summary>Sets the entries of fixed variables to zero.</summary>
    public void ClearFixed(double* values)
    {
        for (int i = 0; HasFixed && i < Layout.Variables; i++)
        {
            values[i] = Fixing[i] > 0 ? 0 : values[i];
        }
    }

    private bool LoadBounds(ReadOnlySpan<double> bounds, int offset, double sign)
    {
        bool valid = true;
        for (int i = 0; i < bounds.Length; i++)
        {
            double bound = sign * bounds[i];
            valid &= !double.IsNaN(bound) && bound > -Infinity;
            ConstraintUnit[offset + i] = VariableUnit[i];
            Set(offset + i, bound / VariableUnit[i], bound < Infinity);
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

    private void SwitchOff(int index)
    {
        D[index] = 1;
        Active[index] = 0;
        ActiveCount--;
    }
}
