using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>Moves the adjoint of a discrete solution backward, step by step.</summary>
internal abstract class AdjointStep : IDisposable
{
    /// <summary>Repeats steps of the forward solve.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="state">What they start from, as <see cref="OdeStepper.CopyState"/> gives it.</param>
    /// <returns>What the next steps start from.</returns>
    public abstract Tensor Advance(StepRecord steps, Tensor state);

    /// <summary>Moves the adjoint from the ends of steps to their starts.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="state">What they start from.</param>
    /// <param name="cotangents">Gradients of all outputs, <c>[outputs, n]</c>, contiguous.</param>
    public abstract void Reverse(StepRecord steps, Tensor state, Tensor cotangents);

    /// <summary>Ends the sweep.</summary>
    /// <returns>The adjoint at the first times, <c>[n]</c>.</returns>
    public abstract Tensor Finish();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
