using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>An explicit Runge-Kutta method each of whose steps is projected onto the constraints of a system (Hairer, Lubich, Wanner, Geometric Numerical Integration, IV.4), with fixed steps.</summary>
/// <param name="dynamics">The system.</param>
/// <param name="inner">The method, whose order it keeps; the classical one of order 4 by default.</param>
public sealed class ConstraintProjection(ConstrainedDynamics dynamics, ExplicitRungeKutta? inner = null)
    : OneStepMethod(nameof(ConstraintProjection), (inner ?? OdeMethods.RungeKutta4).Order)
{
    private readonly ExplicitRungeKutta _inner = inner ?? OdeMethods.RungeKutta4;

    /// <inheritdoc/>
    public override bool IsPartitioned => true;

    /// <inheritdoc/>
    public override OneStepResult Advance(IOdeTerm term, double time, double size, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(term);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(dynamics);
        var slopes = new List<Tensor>();
        Tensor point = state;
        for (int stage = 0; stage <= _inner.EndStage; stage++)
        {
            point = state;
            for (int i = 0; i < _inner.A[stage].Length; i++)
            {
                point = _inner.A[stage][i] == 0 ? point : point.add(slopes[i], alpha: (size * _inner.A[stage][i]).Held());
            }

            if (stage < _inner.EndStage)
            {
                slopes.Add(term.Evaluate(time + (_inner.C[stage] * size), point));
            }
        }

        return new OneStepResult(dynamics.Project(point));
    }
}
