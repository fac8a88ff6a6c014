using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>
/// The leapfrog method of Störmer and Verlet, symplectic, symmetric and of order 2, for separable Hamiltonian systems: half a step of p, a step
/// of q, half a step of p (Hairer, Lubich, Wanner, Geometric Numerical Integration, I.1.4). The last dimension of the state holds q and then p.
/// </summary>
public sealed class Leapfrog : OneStepMethod
{
    internal Leapfrog()
        : base(nameof(Leapfrog), 2)
    {
    }

    /// <inheritdoc/>
    public override bool IsPartitioned => true;

    /// <inheritdoc/>
    public override OneStepResult Advance(IOdeTerm term, double time, double size, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(term);
        (Tensor q, Tensor p) = PhaseSpace.Split(state);
        Tensor half = p.add(PhaseSpace.Split(term.Evaluate(time, state)).P, alpha: (0.5 * size).Held());
        Tensor velocity = PhaseSpace.Split(term.Evaluate(time + (0.5 * size), cat([q, half], -1))).Q;
        Tensor position = q.add(velocity, alpha: size.Held());
        Tensor force = PhaseSpace.Split(term.Evaluate(time + size, cat([position, half], -1))).P;
        return new OneStepResult(cat([position, half.add(force, alpha: (0.5 * size).Held())], -1));
    }
}
