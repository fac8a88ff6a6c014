using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
namespace Microsoft.ML.Implicit.Solvers.Ode.Common;

/// <summary>Takes steps that are common to all rows: there is one clock.</summary>
internal abstract class CommonStepper : OdeStepper
{
    // Tolerances of a step that was tried and not accepted.
    private AdaptiveStepControl? _rejecting;

    /// <summary>Number of rows of the batch.</summary>
    public abstract int RowCount { get; }

    /// <summary>Number of slopes of earlier steps that the step just tried used: zero for a one-step method.</summary>
    public virtual int EarlierSlopes => 0;

    /// <summary>Estimates a first step; NaN where the state or f is not finite.</summary>
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

    /// <summary>Forgets the slopes of the steps before: a segment starts at the current state, where f may jump.</summary>
    public abstract void Restart();

    /// <summary>Weighted root mean square of the error estimate of the step just tried for each row by itself; not finite where the step is not.</summary>
    /// <param name="control">Tolerances that it was tried with.</param>
    protected abstract double[] RowErrors(AdaptiveStepControl control);

    public sealed override double[] EstimateInitialSteps(int[] clocks, OdeSegment[] segments, AdaptiveStepControl control) => [EstimateInitialStep(segments[0], control)];

    public sealed override double[] TrySteps(int[] clocks, OdeStep[] steps, AdaptiveStepControl? control)
    {
        _rejecting = control;
        double error = TryStep(steps[0], control);
        steps[0] = steps[0] with { EarlierSlopes = EarlierSlopes };
        return [error];
    }

    public sealed override void Accept(StepRecord steps)
    {
        if (steps.Outputs.Length > 0)
        {
            WriteOutputs(steps.Outputs[0].Output, steps.Thetas());
        }

        Accept();
        _rejecting = null;
    }

    public sealed override void Restart(int[] clocks) => Restart();

    // The last step was too short to be shortened: the rows that it was still too long for are those that end.
    public sealed override SolveStatus?[] Ends(IReadOnlyList<SolveProgress> clocks)
    {
        SolveStatus? status = clocks[0].Status;
        SolveStatus?[] ends = status is SolveStatus.Diverged or SolveStatus.StepUnderflow && _rejecting is not null
            ? Array.ConvertAll(RowErrors(_rejecting), error => error <= 1 ? null : double.IsFinite(error) ? SolveStatus.StepUnderflow : (SolveStatus?)SolveStatus.Diverged)
            : new SolveStatus?[RowCount];
        return Array.TrueForAll(ends, end => end is null) ? [.. Enumerable.Repeat(status, RowCount)] : ends;
    }
}
