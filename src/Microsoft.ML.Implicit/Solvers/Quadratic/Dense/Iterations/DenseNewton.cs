using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>Newton steps on one row's perturbed optimality conditions, from one factorisation an iteration.</summary>
internal sealed unsafe class DenseNewton
{
    private const int Refinements = 2;

    // Beside a greater weight, what other terms say along directions that leave the constraint as it is would be lost to rounding.
    private const double LargestWeight = 1e4;
    private const double HeldWeight = 1;

    private readonly ConstraintLayout _layout;
    private readonly PinnedBuffer _buffer;
    private readonly double* _weights;
    private readonly double* _inverses;
    private readonly double* _factored;
    private readonly double* _constraints;
    private readonly double* _multipliers;
    private readonly double* _r1;
    private readonly double* _r2;
    private readonly double* _workspace;
    private readonly HeldConstraint[] _held;
    private int _heldCount;
    private KktFactor _factor;
    private double _primal;
    private double _elasticity;
    private double _largestWeight;

    public DenseNewton(ConstraintLayout layout, ThreadTeam team)
    {
        _layout = layout;
        int rows = layout.PaddedEqualities + layout.General;
        _buffer = new PinnedBuffer((5 * layout.Length) + layout.Variables + (2 * rows));
        _weights = _buffer.Take(layout.Length);
        _inverses = _buffer.Take(layout.Length);
        _constraints = _buffer.Take(layout.Length);
        _multipliers = _buffer.Take(layout.Length);
        _r1 = _buffer.Take(layout.Variables);
        _r2 = _buffer.Take(rows);
        _workspace = _buffer.Take(rows);
        _factored = _buffer.Take(layout.Length);
        _held = new HeldConstraint[layout.General];
        OwnFactor = new KktFactor(layout, team);
        _factor = OwnFactor;
    }

    public KktFactor OwnFactor { get; }

    // Otherwise the reduced system is as good as the whole.
    private bool MayBeRounded => _layout.Equalities > 0 || _largestWeight > LargestWeight;

    /// <summary>Factors the system at an iterate, with proximal terms ρ‖z - z_k‖²/2 and δ‖λ - λ_k‖²/2 centred at it.</summary>
    /// <param name="row">The row's data.</param>
    /// <param name="x">The iterate.</param>
    /// <param name="primal">ρ.</param>
    /// <param name="dual">δ.</param>
    /// <param name="holds">Whether rows of G of great weight are treated as equalities are: more costly, and exact to rounding whatever their weights.</param>
    public void Factor(DenseRow row, DenseIterate x, double primal, double dual, bool holds)
    {
        SetWeights(row, x, dual);
        if (holds)
        {
            Hold();
        }

        OwnFactor.Factor(row, _factored, primal, _held.AsSpan(0, _heldCount));
        _factor = OwnFactor;
        _primal = primal;
        _elasticity = 0;
    }

    /// <summary>Factors the system of the feasibility phase: no objective, and every constraint may give way by its multiplier.</summary>
    public void FactorElastic(DenseRow row, DenseIterate x, double primal)
    {
        SetWeights(row, x, 1);
        OwnFactor.FactorElastic(row, _factored, primal);
        _factor = OwnFactor;
        _primal = primal;
        _elasticity = 1;
    }

    /// <summary>Uses factors for unit weights that another row left, as at the start of a batch that shares its matrices.</summary>
    public void UseUnitFactor(KktFactor factor, DenseRow row, double primal)
    {
        Vectors.Copy(row.Active, _inverses, _layout.Length);
        Vectors.Copy(row.Active, _weights, _layout.Length);
        Vectors.Copy(row.Active, _factored, _layout.Length);
        _heldCount = 0;
        _factor = factor;
        _primal = primal;
        _elasticity = 0;
    }

    /// <summary>
    /// Solves for the step that cancels a share of the residuals, with λ ∘ ds + s ∘ dλ = -<paramref name="complementarity"/>.
    /// </summary>
    /// <param name="row">The row's data.</param>
    /// <param name="residuals">Residuals at the iterate.</param>
    /// <param name="share">The share of them.</param>
    /// <param name="complementarity">What s ∘ λ is to fall by.</param>
    /// <param name="accuracy">Residual of the system before its reduction, relative to what the iterate's are measured by, from which on the step is refined.</param>
    /// <param name="step">Receives the step.</param>
    /// <returns>That residual; 0 where it was not measured, since any would do.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Solve(DenseRow row, DenseResiduals residuals, double share, double* complementarity, double accuracy, DenseIterate step)
    {
        double* multipliers = _multipliers, weights = _weights, inverses = _inverses, inequality = residuals.Inequality;
        int length = _layout.Length, variables = _layout.Variables;
        for (int i = 0; i < length; i++)
        {
            multipliers[i] = (share * weights[i] * inequality[i]) - (inverses[i] * complementarity[i]);
        }

        Vectors.Copy(_multipliers, step.Lambda, _layout.Length);
        for (int i = 0; i < _layout.PaddedEqualities; i++)
        {
            _r2[i] = -share * residuals.Equality[i];
        }

        for (int i = 0; i < _heldCount; i++)
        {
            int held = _held[i].Index;
            _r2[_layout.PaddedEqualities + i] = -_multipliers[held] * _held[i].Slackness;
            step.Lambda[held] = 0;
        }

        new Span<double>(step.Z, _layout.Variables).Clear();
        row.AddTransposedConstraints(step.Lambda, step.Z);
        double* z = step.Z, stationarity = residuals.Stationarity;
        for (int i = 0; i < variables; i++)
        {
            z[i] = (-share * stationarity[i]) - z[i];
        }

        _factor.Solve(row.Matrices, step.Z, _r2, _workspace);
        Vectors.Copy(_r2, step.Nu, _layout.PaddedEqualities);
        AddMultipliers(row, step.Z, step);
        double residual = 0;
        if (accuracy == 0 || (double.IsFinite(accuracy) && MayBeRounded))
        {
            residual = Measure(row, residuals, share, step);
            for (int i = 0; residual > accuracy && i < Refinements; i++)
            {
                Refine(row, step);
                residual = Measure(row, residuals, share, step);
            }

            row.ApplyConstraints(step.Z, _constraints);
        }

        double* s = step.S, lambda = step.Lambda, constraints = _constraints;
        double elasticity = _elasticity;
        for (int i = 0; i < length; i++)
        {
            s[i] = (-share * inequality[i]) - constraints[i] + (elasticity * lambda[i]);
        }

        return residual;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SetWeights(DenseRow row, DenseIterate x, double dual)
    {
        double* inverses = _inverses, weights = _weights, s = x.S, lambda = x.Lambda, active = row.Active;
        int length = _layout.Length;
        for (int i = 0; i < length; i++)
        {
            inverses[i] = active[i] / (s[i] + (dual * lambda[i]));
            weights[i] = lambda[i] * inverses[i];
        }

        Vectors.Copy(_weights, _factored, _layout.Length);
        _largestWeight = Vectors.MaxMagnitude(_weights, _layout.General);
        _heldCount = 0;
    }

    // Of a great weight, HeldWeight stays in the Hessian; a bound's adds to a single pivot, which does no harm.
    private void Hold()
    {
        for (int i = 0; i < _layout.General; i++)
        {
            if (_weights[i] > LargestWeight)
            {
                _held[_heldCount++] = new HeldConstraint(i, 1 / (_weights[i] - HeldWeight));
                _factored[i] = HeldWeight;
            }
        }
    }

    // dλ += w C dz, and what the factored rows found of those that are held.
    private void AddMultipliers(DenseRow row, double* dz, DenseIterate step)
    {
        row.ApplyConstraints(dz, _constraints);
        double* lambda = step.Lambda, factored = _factored, constraints = _constraints;
        int length = _layout.Length;
        for (int i = 0; i < length; i++)
        {
            lambda[i] += factored[i] * constraints[i];
        }

        for (int i = 0; i < _heldCount; i++)
        {
            step.Lambda[_held[i].Index] += _r2[_layout.PaddedEqualities + i];
        }
    }

    // The residual of the system before its reduction.
    private double Measure(DenseRow row, DenseResiduals residuals, double share, DenseIterate step)
    {
        if (_elasticity > 0)
        {
            new Span<double>(_r1, _layout.Variables).Clear();
        }
        else
        {
            row.ApplyHessian(step.Z, _r1);
        }

        Vectors.Add(step.Z, _primal, _r1, _layout.Variables);
        row.AddTransposedConstraints(step.Lambda, _r1);
        row.AddTransposedEqualities(step.Nu, _r1);
        for (int i = 0; i < _layout.Variables; i++)
        {
            _r1[i] = (-share * residuals.Stationarity[i]) - _r1[i];
        }

        row.ClearFixed(_r1);

        row.ApplyEqualities(step.Z, _r2);
        for (int i = 0; i < _layout.PaddedEqualities; i++)
        {
            _r2[i] = (-share * residuals.Equality[i]) - _r2[i] + (_elasticity * step.Nu[i]);
        }

        double residual = Math.Max(
            Vectors.MaxMagnitude(_r1, _layout.Variables) / residuals.DualScale,
            Vectors.MaxMagnitude(_r2, _layout.PaddedEqualities) / residuals.PrimalScale);
        if (_heldCount > 0)
        {
            row.ApplyConstraints(step.Z, _constraints);
        }

        for (int i = 0; i < _heldCount; i++)
        {
            (int held, double slackness) = _held[i];
            double multiplier = step.Lambda[held] - (HeldWeight * _constraints[held]);
            _r2[_layout.PaddedEqualities + i] = ((multiplier - _multipliers[held]) * slackness) - _constraints[held];
        }

        return residual;
    }

    // Corrects the step by the residual.
    private void Refine(DenseRow row, DenseIterate step)
    {
        _factor.Solve(row.Matrices, _r1, _r2, _workspace);
        Vectors.Add(_r1, 1, step.Z, _layout.Variables);
        Vectors.Add(_r2, 1, step.Nu, _layout.PaddedEqualities);
        AddMultipliers(row, _r1, step);
    }
}
