using Microsoft.ML.Implicit.Solvers.Ode.Stages;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>
/// The right-hand side of the adjoint equation: z' = f and a' = -aᵀ ∂f/∂z, both in each row, and behind all rows g' = -aᵀ ∂f/∂θ.
/// </summary>
/// <param name="term">f.</param>
/// <param name="shape">Shape of z, <c>[batch, ...]</c>.</param>
/// <param name="extent">Rows that hold z and a.</param>
/// <param name="parameterGradient">g, for its length and type.</param>
internal sealed class AdjointTerm(IDifferentiableOdeTerm term, long[] shape, StateExtent extent, Tensor parameterGradient) : IJacobianTerm
{
    public Tensor Evaluate(double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor z, Tensor adjoint) = Split(state.view(-1));
        using OdeLinearization linearization = term.LinearizeChecked(time, z.reshape(shape));
        Tensor slopes = zeros_like(parameterGradient);
        Tensor adjointSlope = linearization.PullbackChecked(adjoint.neg().reshape(shape), slopes);

        // Of each evaluation by itself: the step weighs it by its own coefficients, or is rejected.
        (term as IGatheringTerm)?.FinishGradient(slopes);
        Tensor rows = cat([linearization.Value.reshape(extent.Rows, -1), adjointSlope.reshape(extent.Rows, -1)], 1);
        return cat([rows.view(-1), slopes]).view(state.shape).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// That of z and of a each by itself. What a' depends on z is left out: z does not depend on a, so that Newton's iterations solve for z
    /// first and, once it stands still, for a, whose equation is linear.
    /// </summary>
    public StateJacobian Linearize(double time, Tensor state, Tensor differenceSteps)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor z = Split(state.view(-1)).State.reshape(shape);
        return new AdjointJacobian(new LinearizedJacobian(term, time, z, differenceSteps.narrow(1, 0, extent.Width / 2)), state);
    }

    /// <summary>z and a of a flat state, each <c>[rows, width / 2]</c>: views.</summary>
    public (Tensor State, Tensor Adjoint) Split(Tensor flat)
    {
        Tensor rows = flat.narrow(0, 0, extent.Length).view(extent.Rows, extent.Width);
        return (rows.narrow(1, 0, extent.Width / 2), rows.narrow(1, extent.Width / 2, extent.Width / 2));
    }
}
