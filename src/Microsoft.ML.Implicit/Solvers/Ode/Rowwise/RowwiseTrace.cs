using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>The steps of rows that step independently, with the states of the whole batch at checkpoints, each <c>[batch, n]</c>.</summary>
internal sealed class RowwiseTrace(int maximumCheckpoints) : StepTrace<RowStep>(maximumCheckpoints)
{
    /// <summary>A copy of the record of steps with other tensors for its checkpoints.</summary>
    public RowwiseTrace WithCheckpoints(IEnumerable<Tensor> checkpoints)
    {
        var copy = new RowwiseTrace(MaximumCheckpoints);
        copy.CopyFrom(this, checkpoints);
        return copy;
    }
}
