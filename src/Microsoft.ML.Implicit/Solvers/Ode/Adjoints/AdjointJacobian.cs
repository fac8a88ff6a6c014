using Microsoft.ML.Implicit.Solvers.Ode.Stages;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>The Jacobian of state and adjoint, each by itself: J and -Jᵀ on the diagonal.</summary>
/// <param name="jacobian">J; owned.</param>
/// <param name="like">A tensor for its type and device.</param>
internal sealed class AdjointJacobian(StateJacobian jacobian, Tensor like) : StateJacobian(jacobian.Rows, 2 * jacobian.Width, like)
{
    public override int Evaluations => jacobian.Evaluations;

    public override Tensor Apply(Tensor vector)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor state, Tensor adjoint) = Halves(vector);
        return cat([jacobian.Apply(state), jacobian.ApplyTransposed(adjoint).neg_()], 1).MoveToOuterDisposeScope();
    }

    public override Tensor ApplyTransposed(Tensor vector)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor state, Tensor adjoint) = Halves(vector);
        return cat([jacobian.ApplyTransposed(state), jacobian.Apply(adjoint).neg_()], 1).MoveToOuterDisposeScope();
    }

    public override Tensor Dense()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor block = jacobian.Dense();
        Tensor none = zeros_like(block);
        return cat([cat([block, none], 2), cat([none, block.transpose(1, 2).neg()], 2)], 1).MoveToOuterDisposeScope();
    }

    public override void Dispose() => jacobian.Dispose();

    private (Tensor State, Tensor Adjoint) Halves(Tensor vector) => (vector.narrow(1, 0, jacobian.Width), vector.narrow(1, jacobian.Width, jacobian.Width));
}
