using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>
/// ∂L/∂tₖ = ∂L/∂z(tₖ) · f(tₖ, z(tₖ)) for k > 0, and ∂L/∂t₀ = -a(t₀) · f(t₀, z₀) with the adjoint a: starting later at the
/// same state is starting at a state moved back along the flow. Made of operations that autograd follows.
/// </summary>
internal static class TimeGradient
{
    /// <summary>Gradients of the times.</summary>
    /// <param name="solution">The solution.</param>
    /// <param name="scheme">Its scheme, perhaps with other parameters.</param>
    /// <param name="states">States at all times, <c>[times, batch, ...]</c>; gradients of times that a row did not reach, where they are NaN, are zero.</param>
    /// <param name="cotangents">Their gradients.</param>
    /// <param name="adjointAtStart">a(t₀) without the direct contribution of the first output, <c>[batch, ...]</c>.</param>
    /// <returns>float64, <c>[times]</c>, or <c>[batch, times]</c> where each row has times of its own.</returns>
    public static Tensor Of(OdeSolution solution, StepScheme scheme, Tensor states, Tensor cotangents, Tensor adjointAtStart)
    {
        Tensor reached = states.isfinite().view(states.shape[0], states.shape[1], -1).all(2);
        Tensor slopes = Slopes(solution, scheme, states.nan_to_num(0, 0, 0));
        Tensor factors = cat([adjointAtStart.neg().view([1, .. states.shape[1..]]), cotangents.view(states.shape).narrow(0, 1, states.shape[0] - 1)]);
        Tensor products = (slopes * factors).reshape(states.shape[0], states.shape[1], -1).sum(dim: 2, type: ScalarType.Float64);
        Tensor gradients = where(reached, products, zeros_like(products));
        return solution.HasRowTimes ? gradients.t() : gradients.sum(dim: 1);
    }

    // f at the outputs, on the side that the integration comes from where f jumps there.
    private static Tensor Slopes(OdeSolution solution, StepScheme scheme, Tensor states)
    {
        OdeSegment[][] segments = [.. solution.Times.Select(own => OdeSegment.Split(own[0], own[^1], solution.Options.JumpTimes, states.dtype))];
        return stack([.. Enumerable.Range(0, (int)states.shape[0]).Select(k => scheme.Evaluate([.. solution.Times.Select((own, i) => OdeSegment.ClampArrival(segments[i], own[k]))], states[k]))]);
    }
}
