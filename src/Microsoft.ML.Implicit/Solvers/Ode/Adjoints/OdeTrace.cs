using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>The steps of a solve with one step size for all rows, and where the outputs lie in them.</summary>
/// <param name="maximumCheckpoints">Limit on checkpoints; zero where none are wanted.</param>
internal sealed class OdeTrace(int maximumCheckpoints) : StepTrace<OdeStep>(maximumCheckpoints)
{
    private readonly List<OdeOutput> _outputs = [];

    /// <summary>Outputs after the first, which is the initial state, in order of time.</summary>
    public IReadOnlyList<OdeOutput> Outputs => _outputs;

    /// <summary>Records that the next outputs lie in the step recorded last.</summary>
    public void AddOutputs(ReadOnlySpan<double> thetas)
    {
        foreach (double theta in thetas)
        {
            _outputs.Add(new OdeOutput(Steps.Count - 1, theta));
        }
    }

    /// <summary>A copy of the record of steps and outputs with other tensors for its checkpoints.</summary>
    public OdeTrace WithCheckpoints(IEnumerable<Tensor> checkpoints)
    {
        var copy = new OdeTrace(MaximumCheckpoints);
        copy.CopyFrom(this, checkpoints);
        copy._outputs.AddRange(_outputs);
        return copy;
    }
}
