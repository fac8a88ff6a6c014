using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

namespace Microsoft.ML.Implicit.Solvers.Sde.Stepping;

/// <summary>The accepted steps of a solve, and which of them end at outputs.</summary>
/// <param name="maximumCheckpoints">Limit on checkpoints; zero where none are wanted.</param>
internal sealed class SdeTrace(int maximumCheckpoints) : StepTrace<(double Time, double End)>(maximumCheckpoints)
{
    private readonly List<int> _outputSteps = [];

    /// <summary>For each output after the first, which is the initial state, the step that ends there.</summary>
    public IReadOnlyList<int> OutputSteps => _outputSteps;

    /// <summary>Records that the step recorded last ends at the next output.</summary>
    public void AddOutput() => _outputSteps.Add(Steps.Count - 1);

    /// <summary>The record of steps alone.</summary>
    public SdeTrace WithoutCheckpoints()
    {
        var copy = new SdeTrace(MaximumCheckpoints);
        copy.CopyFrom(this, Steps, []);
        copy._outputSteps.AddRange(_outputSteps);
        return copy;
    }
}
