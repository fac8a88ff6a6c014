using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>A right-hand side whose vector-Jacobian products are known, in closed form or by automatic differentiation.</summary>
public interface IDifferentiableOdeTerm : IOdeTerm
{
    /// <summary>Parameters that gradients are wanted for, in the order in which the flat parameter gradient holds them.</summary>
    IReadOnlyList<Tensor> Parameters { get; }

    /// <summary>Evaluates f(t, z) and keeps what its vector-Jacobian products need.</summary>
    /// <param name="time">Time t, common to all rows.</param>
    /// <param name="state">State z, <c>[batch, ...]</c>.</param>
    /// <returns>The value and its pullback. The caller disposes it.</returns>
    OdeLinearization Linearize(double time, Tensor state);
}
