using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>Takes single steps of one method from a current state; the integrator decides their sizes and which are kept.</summary>
internal abstract class OdeStepper : IDisposable
{
    /// <summary>Evaluations of f so far.</summary>
    public int Evaluations { get; protected set; }

    /// <summary>Number of slopes of earlier steps that the step just tried used: zero for a one-step method.</summary>
    public virtual int EarlierSlopes => 0;

    /// <summary>Number of rows of the batch.</summary>
    public abstract int RowCount { get; }

    /// <summary>Estimates a first step (Hairer, Nørsett, Wanner I, II.4); NaN where the state or f is not finite.</summary>
    /// <param name="segment">What is ahead; the current state is at its start.</param>
    /// <param name="control">Tolerances.</param>
    /// <returns>The length of the step, positive.</returns>
    public abstract double EstimateInitialStep(OdeSegment segment, AdaptiveStepControl control);

    /// <summary>Computes the state at the end of a step without moving there.</summary>
    /// <param name="step">A step from the current state.</param>
    /// <param name="control">Tolerances; <see langword="null"/> where no error estimate is wanted.</param>
    /// <returns>Weighted root mean square of the error estimate; zero where none is wanted.</returns>
    public abstract double TryStep(OdeStep step, AdaptiveStepControl? control);

    /// <summary>Writes outputs inside the step just tried, before it is accepted.</summary>
    /// <param name="firstOutput">Index of the first of consecutive output times.</param>
    /// <param name="thetas">Their places in the step, in (0, 1]; 1 is the step's end.</param>
    public abstract void WriteOutputs(int firstOutput, ReadOnlySpan<double> thetas);

    /// <summary>Moves to the end of the step just tried.</summary>
    public abstract void Accept();

    /// <summary>Forgets the slopes of the steps before: f jumps at the time of the current state.</summary>
    public abstract void Restart();

    /// <summary>
    /// Copies what the step just tried starts from: the flat state, <c>[n]</c>; for a multistep method the state and the slopes of
    /// earlier steps, the latest first, as rows. The caller owns it.
    /// </summary>
    public abstract Tensor CopyState();

    /// <summary>Tells for each row whether the step just tried is not finite there.</summary>
    public abstract bool[] FindRowsNotFinite();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
