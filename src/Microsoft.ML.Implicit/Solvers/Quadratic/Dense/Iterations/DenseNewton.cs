using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>Newton steps on one row's perturbed optimality conditions, from one factorisation an iteration.</summary>
internal sealed unsafe class DenseNewton
{
    private const int Refinements = 2;

    private readonly ConstraintLayout _layout;
    private readonly PinnedBuffer _buffer;
    private readonly double* _weights;
    private readonly double* _inverses;
    private readonly double* _constraints;
    private readonly double* _multipliers;
    private readonly double* _r1;
    private readonly double* _r2;
    private KktFactor _factor;
    private double _primal;
    private double _elasticity;

    public DenseNewton(ConstraintLayout layout, ThreadTeam team)
    {
        _layout = layout;
        _buffer = new PinnedBuffer((4 * layout.Length) + layout.Variables + layout.PaddedEqualities);
        _weights = _buffer.Take(layout.Length);
        _inverses = _buffer.Take(layout.Length);
        _constraints = _buffer.Take(layout.Length);
        _multipliers = _buffer.Take(layout.Length);
        _r1 = _buffer.Take(layout.Variables);
        _r2 = _buffer.Take(layout.PaddedEqualities);
        OwnFactor = new KktFactor(layout, team);
        _factor = OwnFactor;
    }

    public KktFactor OwnFactor { get; }

    /// <summary>Factors the system at an iterate, with proximal terms ρ‖z - z_k‖²/2 and δ‖λ - λ_k‖²/2 centred at it.</summary>
    public void Factor(DenseRow row, DenseIterate x, double primal, double dual)
    {
        SetWeights(row, x, dual);
        OwnFactor.Factor(row, _weights, primal);
        _factor = OwnFactor;
        _primal = primal;
        _elasticity = 0;
    }

    /// <summary>Factors the system of the feasibility phase: no objective, and every constraint may give way by its multiplier.</summary>
    public void FactorElastic(DenseRow row, DenseIterate x, double primal)
    {
        SetWeights(row, x, 1);
        OwnFactor.FactorElastic(row, _weights, primal);
        _factor = OwnFactor;
        _primal = primal;
        _elasticity = 1;
    }

    /// <summary>Uses factors for unit weights that another row left, as at the start of a batch that shares its matrices.</summary>
    public void UseUnitFactor(KktFactor factor, DenseRow row, double primal)
    {
        Vectors.Copy(row.Active, _inverses, _layout.Length);
        Vectors.Copy(row.Active, _weights, _layout.Length);
        _factor = factor;
        _primal = primal;
        _elasticity = 0;
    }

    /// <summary>
    /// Solves for the step that cancels a share of the residuals, with λ ∘ ds + s ∘ dλ = -<paramref name="complementarity"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Solve(DenseRow row, DenseResiduals residuals, double share, double* complementarity, bool refine, DenseIterate step)
    {
        for (int i = 0; i < _layout.Length; i++)
        {
            _multipliers[i] = (share * _weights[i] * residuals.Inequality[i]) - (_inverses[i] * complementarity[i]);
        }

        new Span<double>(step.Z, _layout.Variables).Clear();
        row.AddTransposedConstraints(_multipliers, step.Z);
        for (int i = 0; i < _layout.Variables; i++)
        {
            step.Z[i] = (-share * residuals.Stationarity[i]) - step.Z[i];
        }

        for (int i = 0; i < _layout.PaddedEqualities; i++)
        {
            step.Nu[i] = -share * residuals.Equality[i];
        }

        _factor.Solve(row.Matrices, step.Z, step.Nu);
        row.ApplyConstraints(step.Z, _constraints);
        for (int i = 0; i < _layout.Length; i++)
        {
            step.Lambda[i] = (_weights[i] * _constraints[i]) + _multipliers[i];
        }

        for (int i = 0; refine && i < Refinements; i++)
        {
            Refine(row, residuals, share, step);
        }

        if (refine)
        {
            row.ApplyConstraints(step.Z, _constraints);
        }

        for (int i = 0; i < _layout.Length; i++)
        {
            step.S[i] = (-share * residuals.Inequality[i]) - _constraints[i] + (_elasticity * step.Lambda[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SetWeights(DenseRow row, DenseIterate x, double dual)
    {
        for (int i = 0; i < _layout.Length; i++)
        {
            _inverses[i] = row.Active[i] / (x.S[i] + (dual * x.Lambda[i]));
            _weights[i] = x.Lambda[i] * _inverses[i];
        }
    }

    // Corrects the step by the residual of the system before its reduction.
    private void Refine(DenseRow row, DenseResiduals residuals, double share, DenseIterate step)
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

        _factor.Solve(row.Matrices, _r1, _r2);
        Vectors.Add(_r1, 1, step.Z, _layout.Variables);
        Vectors.Add(_r2, 1, step.Nu, _layout.PaddedEqualities);
        row.ApplyConstraints(_r1, _constraints);
        for (int i = 0; i < _layout.Length; i++)
        {
            step.Lambda[i] += _weights[i] * _constraints[i];
        }
    }
}
