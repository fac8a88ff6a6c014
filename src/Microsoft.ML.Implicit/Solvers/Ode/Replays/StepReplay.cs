using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Replays;

/// <summary>Repeats the accepted steps of a solve by operations that autograd follows, in their order.</summary>
internal abstract class StepReplay : IDisposable
{
    /// <summary>Repeats steps.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="state">State at their starts, <c>[n]</c>.</param>
    /// <param name="outputs">Receives the states at the outputs inside of them, <c>[outputs, elements of a clock]</c>, where there are any.</param>
    /// <returns>State at their ends, <c>[n]</c>.</returns>
    public abstract Tensor Take(StepRecord steps, Tensor state, List<Tensor> outputs);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}
