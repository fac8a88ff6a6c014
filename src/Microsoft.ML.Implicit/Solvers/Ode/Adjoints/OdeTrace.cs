using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>The accepted steps of a solve, of all rows at once or of each.</summary>
/// <param name="maximumCheckpoints">Limit on checkpoints; zero where none are wanted.</param>
internal sealed class OdeTrace(int maximumCheckpoints) : StepTrace<StepRecord>(maximumCheckpoints)
{
    /// <summary>Puts zeros in the place of some rows of all checkpoints.</summary>
    /// <param name="rows">Which rows.</param>
    /// <param name="count">Number of rows of the batch.</param>
    public void ClearRows(int[] rows, long count)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (Tensor checkpoint in Checkpoints)
        {
            // [state and earlier slopes, rows, width].
            Tensor parts = checkpoint.view(-1, count, checkpoint.shape[^1] / count);
            parts.copy_(HeldRows.Clear(parts, 1, rows));
        }
    }

    /// <summary>A copy of the record of steps with other tensors for its checkpoints.</summary>
    public OdeTrace WithCheckpoints(IEnumerable<Tensor> checkpoints)
    {
        var copy = new OdeTrace(MaximumCheckpoints);
        copy.CopyFrom(this, checkpoints);
        return copy;
    }
}
