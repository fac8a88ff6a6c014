using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>Finds strictly interior points from which the interior point method starts on a row.</summary>
internal sealed unsafe class StartingPoint
{
    /// <summary>Proximal weight of the system that a cold start solves.</summary>
    public const double Regularisation = 1e-7;

    private const double Smallest = 1e-6;

    // In normal units; constraints farther away do not move the start.
    private const double Reach = 16;

    private readonly ConstraintLayout _layout;
    private readonly DenseResiduals _residuals;
    private readonly DenseNewton _newton;
    private readonly double _warmMargin;
    private readonly DenseIterate _step;
    private readonly PinnedBuffer _buffer;
    private readonly double* _constraints;

    /// <summary>Creates the workspace.</summary>
    /// <param name="layout">Sizes of the problem.</param>
    /// <param name="residuals">Overwritten by a cold start.</param>
    /// <param name="newton">Overwritten by a cold start.</param>
    /// <param name="warmMargin">Least slack and multiplier of a warm start.</param>
    public StartingPoint(ConstraintLayout layout, DenseResiduals residuals, DenseNewton newton, double warmMargin)
    {
        _layout = layout;
        _residuals = residuals;
        _newton = newton;
        _warmMargin = warmMargin;
        _step = new DenseIterate(layout);
        _buffer = new PinnedBuffer(layout.Length);
        _constraints = _buffer.Take(layout.Length);
    }

    /// <summary>Sets the minimiser of the objective plus half the squared violation, its slacks and multipliers moved inside (Mehrotra, 1992, section 7).</summary>
    /// <param name="row">The row's data.</param>
    /// <param name="factor">Factors of the system with unit weights, where the batch shares them.</param>
    /// <param name="x">Receives the point.</param>
    public void SetCold(DenseRow row, KktFactor? factor, DenseIterate x)
    {
        new Span<double>(x.Z, _layout.Variables).Clear();
        new Span<double>(x.Nu, _layout.PaddedEqualities).Clear();
        new Span<double>(x.S, _layout.Length).Fill(1);
        new Span<double>(x.Lambda, _layout.Length).Clear();
        if (factor is null)
        {
            _newton.OwnFactor.Factor(row, row.Active, Regularisation);
        }

        _newton.UseUnitFactor(factor ?? _newton.OwnFactor, row, Regularisation);
        _residuals.Update(row, x);
        for (int i = 0; i < _layout.Length; i++)
        {
            _constraints[i] = row.Active[i] * (1 - Math.Max(row.D[i] - Reach, 0));
        }

        _newton.Solve(row, _residuals, 1, _constraints, double.PositiveInfinity, _step);
        Vectors.Copy(_step.Z, x.Z, _layout.Variables);
        Vectors.Copy(_step.Nu, x.Nu, _layout.PaddedEqualities);
        row.ApplyConstraints(x.Z, _constraints);
        for (int i = 0; i < _layout.Length; i++)
        {
            double slack = row.D[i] - _constraints[i];
            x.S[i] = slack;
            x.Lambda[i] = row.Active[i] * -Math.Min(slack, Reach);
        }

        MoveInside(row, x);
    }

    /// <summary>Moves a point, the solution of a similar problem, inside the row's inequalities.</summary>
    public void SetWarm(DenseRow row, DenseIterate x)
    {
        row.ApplyConstraints(x.Z, _constraints);
        for (int i = 0; i < _layout.Length; i++)
        {
            x.S[i] = Math.Max(row.D[i] - _constraints[i], _warmMargin);
            x.Lambda[i] = row.Active[i] * Math.Max(x.Lambda[i], _warmMargin * Math.Min(1, Reach / x.S[i]));
        }
    }

    // Shifts slacks and multipliers of either sign to positive ones of like size; beyond the reach, multipliers fall as slacks grow.
    private static void MoveInside(DenseRow row, DenseIterate x)
    {
        int length = row.Layout.Length;
        double lowestSlack = double.PositiveInfinity, lowestMultiplier = double.PositiveInfinity;
        for (int i = 0; i < length; i++)
        {
            if (row.Active[i] > 0)
            {
                lowestSlack = Math.Min(lowestSlack, x.S[i]);
                lowestMultiplier = Math.Min(lowestMultiplier, x.Lambda[i]);
            }
        }

        double slackShift = Math.Max(-1.5 * lowestSlack, 0), multiplierShift = Math.Max(-1.5 * lowestMultiplier, 0);
        double product = 0, slacks = 0, multipliers = 0;
        for (int i = 0; i < length; i++)
        {
            double s = row.Active[i] * (Math.Min(x.S[i], Reach) + slackShift), l = row.Active[i] * (x.Lambda[i] + multiplierShift);
            product += s * l;
            slacks += s;
            multipliers += l;
        }

        slackShift += multipliers > 0 ? 0.5 * product / multipliers : 0;
        multiplierShift += slacks > 0 ? 0.5 * product / slacks : 0;
        for (int i = 0; i < length; i++)
        {
            bool active = row.Active[i] > 0;
            double share = x.S[i] > Reach ? Reach / x.S[i] : 1;
            x.S[i] = active ? Math.Max(x.S[i] + slackShift, Smallest) : 1;
            x.Lambda[i] = active ? Math.Max(x.Lambda[i] + multiplierShift, Smallest) * share : 0;
        }
    }
}
