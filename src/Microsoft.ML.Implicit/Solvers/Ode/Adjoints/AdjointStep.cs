using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>Moves the adjoint of a discrete solution backward, step by step.</summary>
internal abstract class AdjointStep : IDisposable
{
    /// <summary>Repeats a step of the forward solve.</summary>
    /// <param name="step">The step.</param>
    /// <param name="state">What it starts from, as <see cref="OdeStepper.CopyState"/> gives it.</param>
    /// <returns>What the next step starts from.</returns>
    public abstract Tensor Advance(OdeStep step, Tensor state);

    /// <summary>Moves the adjoint from the end of a step to its start, but for what flows through its first stage.</summary>
    /// <param name="step">The step.</param>
    /// <param name="state">What it starts from.</param>
    /// <param name="thetas">Places of the outputs in it, increasing, in (0, 1].</param>
    /// <param name="outputCotangents">Their gradients, <c>[outputs, n]</c>, contiguous.</param>
    public abstract void Reverse(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, Tensor outputCotangents);

    /// <summary>Adds what flows through the first stage of the step reversed last, which the step before it does not share.</summary>
    public virtual void ReverseFirstStage()
    {
    }

    /// <summary>Ends the sweep.</summary>
    /// <returns>The adjoint at the first time, <c>[n]</c>.</returns>
    public abstract Tensor Finish();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
