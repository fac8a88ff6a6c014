using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Residuals of the optimality conditions at one row's iterate, with the norms that decide convergence, in the user's units.</summary>
internal sealed unsafe class DenseResiduals
{
    // In equilibrated units; less cannot be told from rounding.
    private const double SmallestViolation = 1e-10;

    private readonly ConstraintLayout _layout;
    private readonly PinnedBuffer _buffer;
    private readonly double* _qz;
    private readonly double* _combination;
    private readonly double* _az;

    public DenseResiduals(ConstraintLayout layout)
    {
        _layout = layout;
        _buffer = new PinnedBuffer((3 * layout.Variables) + (2 * layout.PaddedEqualities) + (2 * layout.Length));
        Stationarity = _buffer.Take(layout.Variables);
        _qz = _buffer.Take(layout.Variables);
        _combination = _buffer.Take(layout.Variables);
        Equality = _buffer.Take(layout.PaddedEqualities);
        _az = _buffer.Take(layout.PaddedEqualities);
        Inequality = _buffer.Take(layout.Length);
        ConstraintValues = _buffer.Take(layout.Length);
    }

    /// <summary>Q z + p + Cᵀ λ + Aᵀ ν.</summary>
    public double* Stationarity { get; }

    /// <summary>C z + s - d.</summary>
    public double* Inequality { get; }

    /// <summary>A z - b.</summary>
    public double* Equality { get; }

    /// <summary>C z.</summary>
    public double* ConstraintValues { get; }

    /// <summary>Stationarity, relative to 1 + its largest term.</summary>
    public double Dual { get; private set; }

    /// <summary>Violation of the constraints, relative to 1 + their largest term.</summary>
    public double Primal { get; private set; }

    /// <summary>sᵀλ relative to 1 + |objective|.</summary>
    public double Gap { get; private set; }

    /// <summary>sᵀλ / number of constraints.</summary>
    public double Mu { get; private set; }

    public double Objective { get; private set; }

    public double Largest => Math.Max(Math.Max(Dual, Primal), Gap);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Update(DenseRow row, DenseIterate x)
    {
        int n = _layout.Variables;
        row.ApplyHessian(x.Z, _qz);
        new Span<double>(_combination, n).Clear();
        row.AddTransposedConstraints(x.Lambda, _combination);
        row.AddTransposedEqualities(x.Nu, _combination);
        Vectors.Combine(_qz, 1, row.P, Stationarity, n);
        Vectors.Add(_combination, 1, Stationarity, n);
        row.ApplyConstraints(x.Z, ConstraintValues);
        Vectors.Combine(ConstraintValues, 1, x.S, Inequality, _layout.Length);
        Vectors.Add(row.D, -1, Inequality, _layout.Length);
        row.ApplyEqualities(x.Z, _az);
        Vectors.Combine(_az, -1, row.B, Equality, _layout.PaddedEqualities);

        double* inverse = row.InverseVariableScale;
        double dualScale = 1 + Math.Max(Vectors.MaxMagnitude(row.P, inverse, n), Math.Max(Vectors.MaxMagnitude(_qz, inverse, n), Vectors.MaxMagnitude(_combination, inverse, n)));
        Dual = Vectors.MaxMagnitude(Stationarity, inverse, n) / dualScale;
        double inequality = Vectors.MaxMagnitudeOver(Inequality, row.Active, row.ConstraintScale, _layout.Length);
        double bound = Vectors.MaxMagnitudeOver(row.D, row.Active, row.ConstraintScale, _layout.Length);
        double equality = 0, target = 0;
        for (int i = 0; i < _layout.Equalities; i++)
        {
            equality = Math.Max(equality, Math.Abs(Equality[i] / row.Matrices.EqualityScale[i]));
            target = Math.Max(target, Math.Abs(row.B[i] / row.Matrices.EqualityScale[i]));
        }

        Primal = Math.Max(inequality / (1 + bound), equality / (1 + target));
        Objective = (0.5 * Vectors.Dot(x.Z, _qz, n)) + Vectors.Dot(row.P, x.Z, n);
        double complementarity = Vectors.Dot(x.S, x.Lambda, _layout.Length);
        Mu = row.ActiveCount > 0 ? complementarity / row.ActiveCount : 0;
        Gap = complementarity / (1 + Math.Abs(Objective));
    }

    /// <summary>Residuals of the feasibility phase: minimise ½‖(C z - d)₊‖² + ½‖A z - b‖², whose multipliers are the violations. Relative to the largest violation, in equilibrated units.</summary>
    public void UpdateElastic(DenseRow row, DenseIterate x)
    {
        Update(row, x);
        Vectors.Copy(_combination, Stationarity, _layout.Variables);
        Vectors.Add(x.Lambda, -1, Inequality, _layout.Length);
        Vectors.Add(x.Nu, -1, Equality, _layout.PaddedEqualities);
        double size = Math.Max(Math.Max(Vectors.MaxMagnitude(x.Lambda, _layout.Length), Vectors.MaxMagnitude(x.Nu, _layout.PaddedEqualities)), SmallestViolation);
        Dual = Vectors.MaxMagnitude(Stationarity, _layout.Variables) / size;
        Primal = Math.Max(Vectors.MaxMagnitude(Inequality, _layout.Length), Vectors.MaxMagnitude(Equality, _layout.PaddedEqualities)) / size;
        Gap = Mu / (size * size);
    }

    /// <summary>Whether (λ, ν) proves that no point is feasible whose 1-norm is below 1 / tolerance times the largest right-hand side (Farkas).</summary>
    public bool ProvesInfeasible(DenseRow row, DenseIterate x, double tolerance)
    {
        double gain = -Vectors.Dot(row.D, x.Lambda, _layout.Length) - Vectors.Dot(row.B, x.Nu, _layout.PaddedEqualities);
        double reach = Math.Max(Vectors.MaxMagnitude(row.D, row.Active, _layout.Length), Vectors.MaxMagnitude(row.B, _layout.PaddedEqualities));
        return gain > 0 && Vectors.MaxMagnitude(_combination, _layout.Variables) * reach <= tolerance * gain;
    }

    /// <summary>Whether z is, to the tolerance, a direction of recession along which the objective falls.</summary>
    public bool ProvesUnbounded(DenseRow row, DenseIterate x, double tolerance)
    {
        double descent = -Vectors.Dot(row.P, x.Z, _layout.Variables);
        if (!(descent > 0) || Vectors.MaxMagnitude(_qz, _layout.Variables) > tolerance * descent || Vectors.MaxMagnitude(_az, _layout.PaddedEqualities) > tolerance * descent)
        {
            return false;
        }

        double outward = 0;
        for (int i = 0; i < _layout.Length; i++)
        {
            outward = Math.Max(outward, ConstraintValues[i]);
        }

        return outward <= tolerance * descent;
    }
}
