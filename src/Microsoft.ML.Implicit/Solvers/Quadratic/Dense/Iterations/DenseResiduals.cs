using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>Residuals of the optimality conditions at one row's iterate, with the norms that decide convergence.</summary>
internal sealed unsafe class DenseResiduals
{
    // In normal units; less cannot be told from rounding.
    private const double SmallestViolation = 1e-10;

    // A proof that no point is feasible must hold for all as large as the inverse of this, in normal units.
    private const double SmallestReach = 1e-6;

    private readonly ConstraintLayout _layout;
    private readonly PinnedBuffer _buffer;
    private readonly double* _qz;
    private readonly double* _combination;
    private readonly double* _az;

    public DenseResiduals(ConstraintLayout layout)
    {
        _layout = layout;
        _buffer = new PinnedBuffer((4 * layout.Variables) + (2 * layout.PaddedEqualities) + (2 * layout.Length));
        Stationarity = _buffer.Take(layout.Variables);
        Gradient = _buffer.Take(layout.Variables);
        _qz = _buffer.Take(layout.Variables);
        _combination = _buffer.Take(layout.Variables);
        Equality = _buffer.Take(layout.PaddedEqualities);
        _az = _buffer.Take(layout.PaddedEqualities);
        Inequality = _buffer.Take(layout.Length);
        ConstraintValues = _buffer.Take(layout.Length);
    }

    /// <summary>Q z + p + Cᵀ λ + Aᵀ ν; 0 for fixed variables.</summary>
    public double* Stationarity { get; }

    /// <summary>C z + s - d.</summary>
    public double* Inequality { get; }

    /// <summary>A z - b.</summary>
    public double* Equality { get; }

    /// <summary>C z.</summary>
    public double* ConstraintValues { get; }

    /// <summary>Q z + p + Cᵀ λ + Aᵀ ν, of fixed variables too.</summary>
    public double* Gradient { get; }

    /// <summary>Norms relative to the iterate and the data, which do not depend on the user's units.</summary>
    public ResidualNorms Relative { get; private set; }

    /// <summary>sᵀλ.</summary>
    public double Complementarity { get; private set; }

    /// <summary>What the residuals may cost, see <see cref="ResidualNorms.ResidualCostWeight"/>.</summary>
    public double ResidualCost { get; private set; }

    /// <summary>The magnitude of the objective, which sᵀλ is measured by.</summary>
    public double GapScale { get; private set; }

    /// <summary>sᵀλ / number of constraints.</summary>
    public double Mu { get; private set; }

    public double Objective { get; private set; }

    /// <summary>What <see cref="Stationarity"/> is measured by.</summary>
    public double DualScale { get; private set; }

    /// <summary>What <see cref="Equality"/> is measured by at least.</summary>
    public double PrimalScale { get; private set; }

    public double Largest => Math.Max(Math.Max(Relative.Dual, Relative.Primal), Relative.Gap);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Update(DenseRow row, DenseIterate x)
    {
        int n = _layout.Variables;
        row.ApplyHessian(x.Z, _qz);
        new Span<double>(_combination, n).Clear();
        row.AddTransposedConstraints(x.Lambda, _combination);
        row.AddTransposedEqualities(x.Nu, _combination);
        Vectors.Combine(_qz, 1, row.P, Gradient, n);
        Vectors.Add(_combination, 1, Gradient, n);
        Vectors.Copy(Gradient, Stationarity, n);
        row.ClearFixed(Stationarity);
        row.ClearFixed(_combination);
        row.ClearFixed(_qz);
        row.ApplyConstraints(x.Z, ConstraintValues);
        Vectors.Combine(ConstraintValues, 1, x.S, Inequality, _layout.Length);
        Vectors.Add(row.D, -1, Inequality, _layout.Length);
        row.ApplyEqualities(x.Z, _az);
        Vectors.Combine(_az, -1, row.B, Equality, _layout.PaddedEqualities);

        const double smallest = ResidualNorms.SmallestScale;
        double multiplier = Math.Max(Vectors.MaxMagnitude(x.Lambda, _layout.Length), Vectors.MaxMagnitude(x.Nu, _layout.PaddedEqualities));
        double rounding = ResidualNorms.DualRounding * Math.Max(multiplier, row.LargestHessianTerm(x.Z));
        DualScale = Math.Max(
            Math.Max(row.CostMagnitude, Math.Max(smallest, rounding)), Math.Max(Vectors.MaxMagnitude(_qz, n), Vectors.MaxMagnitude(_combination, n)));
        PrimalScale = Math.Max(Vectors.MaxMagnitude(x.Z, n), smallest);
        double primal = Math.Max(Vectors.MaxRatio(Inequality, row.D, PrimalScale, _layout.Length), Vectors.MaxRatio(Equality, row.B, PrimalScale, _layout.PaddedEqualities));
        double quadratic = 0.5 * Vectors.Dot(x.Z, _qz, n);
        double linear = Vectors.Dot(row.P, x.Z, n);
        Objective = quadratic + linear;
        Complementarity = Vectors.Dot(x.S, x.Lambda, _layout.Length);
        Mu = row.ActiveCount > 0 ? Complementarity / row.ActiveCount : 0;
        double terms = Math.Max(quadratic, Vectors.DotOfMagnitudes(row.P, x.Z, n));
        double dualTerms = Vectors.DotOfMagnitudes(row.D, x.Lambda, _layout.Length) + Vectors.DotOfMagnitudes(row.B, x.Nu, _layout.PaddedEqualities);
        double slackTerms = PrimalScale * Vectors.Dot(row.Active, x.Lambda, _layout.Length);
        GapScale = Math.Max(Math.Max(Math.Max(quadratic, Math.Abs(linear)), ResidualNorms.GapRounding * Math.Max(terms, dualTerms + slackTerms)), smallest);
        ResidualCost = Vectors.DotOfMagnitudes(Stationarity, x.Z, n)
            + Vectors.DotOfMagnitudes(Inequality, x.Lambda, _layout.Length)
            + Vectors.DotOfMagnitudes(Equality, x.Nu, _layout.PaddedEqualities);
        double gap = Math.Max(Complementarity / GapScale, ResidualNorms.ResidualCostWeight * ResidualCost / Math.Max(Math.Max(terms, ResidualNorms.GapRounding * dualTerms), ResidualNorms.SmallestCost));
        Relative = new ResidualNorms(primal, Vectors.MaxMagnitude(Stationarity, n) / DualScale, gap);
    }

    /// <summary>The norms in the user's units, after <see cref="Update"/>.</summary>
    public ResidualNorms Absolute(DenseRow row)
    {
        double primal = Vectors.MaxMagnitude(Inequality, row.ConstraintUnit, _layout.Length), dual = 0;
        for (int i = 0; i < _layout.Equalities; i++)
        {
            primal = Math.Max(primal, Math.Abs(Equality[i]) * row.EqualityUnit[i]);
        }

        for (int i = 0; i < _layout.ActualVariables; i++)
        {
            dual = Math.Max(dual, Math.Abs(Stationarity[i]) * (row.ObjectiveUnit / row.VariableUnit[i]));
        }

        return new ResidualNorms(primal, dual, (Complementarity + ResidualCost) * row.ObjectiveUnit);
    }

    /// <summary>Residuals of the feasibility phase: minimise ½‖(C z - d)₊‖² + ½‖A z - b‖², whose multipliers are the violations. Relative to the largest violation, in normal units.</summary>
    public void UpdateElastic(DenseRow row, DenseIterate x)
    {
        Update(row, x);
        Vectors.Copy(_combination, Stationarity, _layout.Variables);
        Vectors.Add(x.Lambda, -1, Inequality, _layout.Length);
        Vectors.Add(x.Nu, -1, Equality, _layout.PaddedEqualities);
        double size = Math.Max(Math.Max(Vectors.MaxMagnitude(x.Lambda, _layout.Length), Vectors.MaxMagnitude(x.Nu, _layout.PaddedEqualities)), SmallestViolation);
        Relative = new ResidualNorms(
            Math.Max(Vectors.MaxMagnitude(Inequality, _layout.Length), Vectors.MaxMagnitude(Equality, _layout.PaddedEqualities)) / size,
            Vectors.MaxMagnitude(Stationarity, _layout.Variables) / size,
            Mu / (size * size));
    }

    /// <summary>
    /// Whether (λ, ν) proves (Farkas) that every point violates a constraint by more than <paramref name="violation"/>: Cᵀλ + Aᵀν vanishes to within
    /// <paramref name="rounding"/> of its terms, and by far where it is weighed against -dᵀλ - bᵀν.
    /// </summary>
    public bool ProvesInfeasible(DenseRow row, DenseIterate x, double rounding, double violation)
    {
        double gain = -Vectors.Dot(row.D, x.Lambda, _layout.Length) - Vectors.Dot(row.B, x.Nu, _layout.PaddedEqualities);
        if (!(gain > 0))
        {
            return false;
        }

        double terms = 0, weight = 0;
        Add(x.Lambda, row.D, _layout.Length);
        Add(x.Nu, row.B, _layout.PaddedEqualities);
        double combination = Vectors.MaxMagnitude(_combination, _layout.Variables);
        return gain > violation * weight && combination <= rounding * terms && combination <= SmallestReach * gain;

        void Add(double* multipliers, double* bounds, int length)
        {
            for (int i = 0; i < length; i++)
            {
                double multiplier = Math.Abs(multipliers[i]);
                terms += multiplier;
                weight += multiplier * Math.Max(Math.Abs(bounds[i]), 1);
            }
        }
    }

    /// <summary>Whether z is, to the tolerance, a direction of recession along which the objective falls.</summary>
    public bool SuggestsUnbounded(DenseRow row, DenseIterate x, double tolerance)
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
