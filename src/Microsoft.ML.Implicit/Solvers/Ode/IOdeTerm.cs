using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>The right-hand side of an ordinary differential equation, dz/dt = f(t, z).</summary>
/// <remarks>See <see cref="OdeSolver"/> for an example; <see cref="IDifferentiableOdeTerm"/> is one that gradients flow through.</remarks>
public interface IOdeTerm
{
    /// <summary>Evaluates f(t, z).</summary>
    /// <param name="time">Time t, common to all rows.</param>
    /// <param name="state">State z, <c>[batch, ...]</c>.</param>
    /// <returns>dz/dt, of the shape, type and device of <paramref name="state"/>.</returns>
    Tensor Evaluate(double time, Tensor state);
}
