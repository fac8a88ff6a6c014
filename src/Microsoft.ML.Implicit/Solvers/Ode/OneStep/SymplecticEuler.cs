using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>
/// The symplectic Euler method of order 1 for separable Hamiltonian systems, q' = ∂T/∂p and p' = -∂V/∂q: p₁ = p + h p'(q), q₁ = q + h q'(p₁)
/// (Hairer, Lubich, Wanner, Geometric Numerical Integration, I.1.2). The last dimension of the state holds q and then p.
/// </summary>
public sealed class SymplecticEuler : OneStepMethod
{
    internal SymplecticEuler()
        : base(nameof(SymplecticEuler), 1)
    {
    }

    /// <inheritdoc/>
    public override bool IsPartitioned => true;

    /// <inheritdoc/>
    public override OneStepResult Advance(IOdeTerm term, double time, double size, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(term);
        (Tensor q, Tensor p) = PhaseSpace.Split(state);
        Tensor momentum = p.add(PhaseSpace.Split(term.Evaluate(time, state)).P, alpha: size.Held());
        Tensor velocity = PhaseSpace.Split(term.Evaluate(time + size, cat([q, momentum], -1))).Q;
        return new OneStepResult(cat([q.add(velocity, alpha: size.Held()), momentum], -1));
    }
}
