using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Managed;

/// <summary>A right-hand side that can also be evaluated in managed memory, where that is faster than tensor operations.</summary>
internal interface IManagedOdeTerm : IOdeTerm
{
    /// <summary>Copies the parameters for one solve.</summary>
    /// <param name="state">The initial state, contiguous.</param>
    /// <returns>The evaluator, or <see langword="null"/> where tensor operations serve this state better.</returns>
    ManagedDynamics? CreateManagedDynamics(Tensor state);
}
