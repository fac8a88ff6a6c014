using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>
/// Takes single steps of one method from a current state; the integrator decides their sizes and which are kept. Steps are those of clocks:
/// one that all rows share, or one a row.
/// </summary>
internal abstract class OdeStepper : IDisposable
{
    /// <summary>Evaluations of f so far.</summary>
    public int Evaluations { get; protected set; }

    /// <summary>Begins an iteration of the integrator, which ends when the result is disposed.</summary>
    /// <returns><see langword="null"/> where nothing of it is to be released then.</returns>
    public virtual IDisposable? BeginIteration() => null;

    /// <summary>Estimates first steps (Hairer, Nørsett, Wanner I, II.4); NaN where the state or f is not finite.</summary>
    /// <param name="clocks">Clocks at the start of a segment, increasing.</param>
    /// <param name="segments">What is ahead of each.</param>
    /// <param name="control">Tolerances.</param>
    /// <returns>The lengths of the steps, positive.</returns>
    public abstract double[] EstimateInitialSteps(int[] clocks, OdeSegment[] segments, AdaptiveStepControl control);

    /// <summary>Computes the states at the ends of steps without moving there.</summary>
    /// <param name="clocks">Clocks under way, increasing.</param>
    /// <param name="steps">A step from the current state of each; a multistep method adds the number of slopes of earlier steps that it used.</param>
    /// <param name="control">Tolerances; <see langword="null"/> where no error estimate is wanted.</param>
    /// <returns>Weighted root mean square of each error estimate; zero where none is wanted.</returns>
    public abstract double[] TrySteps(int[] clocks, OdeStep[] steps, AdaptiveStepControl? control);

    /// <summary>Finds events in the steps just tried.</summary>
    /// <param name="clocks">Whose steps.</param>
    /// <param name="errors">Their errors.</param>
    /// <returns>For each the place of its event in it, in (0, 1], NaN where there is none; <see langword="null"/> where nothing is watched.</returns>
    public virtual double[]? FindEvents(int[] clocks, double[] errors) => null;

    /// <summary>Writes the outputs inside some of the steps just tried and moves to their ends.</summary>
    public abstract void Accept(StepRecord steps);

    /// <summary>Forgets the slopes of the steps before: these clocks start a segment, where f may jump.</summary>
    public abstract void Restart(int[] clocks);

    /// <summary>
    /// Copies what the steps just tried start from: the flat state, <c>[n]</c>; for a multistep method the state and the slopes of
    /// earlier steps, the latest first, as rows. The caller owns it.
    /// </summary>
    public abstract Tensor CopyState();

    /// <summary>Tells how the solve ended for each row.</summary>
    /// <param name="clocks">All clocks, none of them under way.</param>
    /// <returns>The status of each row; <see langword="null"/> for one that can go on without those that it shares steps with.</returns>
    public abstract SolveStatus?[] Ends(IReadOnlyList<SolveProgress> clocks);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
