using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>The accepted steps of a solve, of all rows at once or of each.</summary>
/// <param name="maximumCheckpoints">Limit on checkpoints; zero where none are wanted.</param>
internal sealed class OdeTrace(int maximumCheckpoints) : StepTrace<StepRecord>(maximumCheckpoints)
{
    /// <summary>A copy of the record of steps with other tensors for its checkpoints.</summary>
    public OdeTrace WithCheckpoints(IEnumerable<Tensor> checkpoints) => Copy(Steps, checkpoints);

    /// <summary>Leading steps, perhaps without some of their clocks, and their checkpoints.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="cleared">Rows of the checkpoints that become zero.</param>
    /// <param name="count">Number of rows of the batch.</param>
    public OdeTrace WithSteps(IReadOnlyList<StepRecord> steps, int[] cleared, long count) => Copy(steps, Checkpoints.Take((steps.Count + Stride - 1) / Stride).Select(checkpoint =>
    {
        if (cleared.Length == 0)
        {
            return checkpoint;
        }

        // [state and earlier slopes, rows, width].
        Tensor parts = checkpoint.view(-1, count, checkpoint.shape[^1] / count);
        return HeldRows.Clear(parts, 1, cleared).view(checkpoint.shape);
    }));

    private OdeTrace Copy(IReadOnlyList<StepRecord> steps, IEnumerable<Tensor> checkpoints)
    {
        var copy = new OdeTrace(MaximumCheckpoints);
        copy.CopyFrom(this, steps, checkpoints);
        return copy;
    }
}
