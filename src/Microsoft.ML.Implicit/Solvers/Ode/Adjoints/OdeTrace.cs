using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>The accepted steps of a solve, of all rows at once or of each.</summary>
/// <param name="maximumCheckpoints">Limit on checkpoints; zero where none are wanted.</param>
internal sealed class OdeTrace(int maximumCheckpoints) : StepTrace<StepRecord>(maximumCheckpoints)
{
    /// <summary>A copy of the record of steps with other tensors for its checkpoints.</summary>
    public OdeTrace WithCheckpoints(IEnumerable<Tensor> checkpoints)
    {
        var copy = new OdeTrace(MaximumCheckpoints);
        copy.CopyFrom(this, checkpoints);
        return copy;
    }
}
