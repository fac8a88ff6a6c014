using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// What a reverse sweep needs of a forward solve: the accepted steps, where the outputs lie in them, and states at
/// checkpoints at equal distances, a distance that doubles each time their number reaches the limit.
/// </summary>
/// <param name="maximumCheckpoints">Limit on checkpoints; zero where none are wanted.</param>
internal sealed class OdeTrace(int maximumCheckpoints) : IDisposable
{
    private readonly List<OdeStep> _steps = [];
    private readonly List<OdeOutput> _outputs = [];
    private readonly List<Tensor> _checkpoints = [];

    public IReadOnlyList<OdeStep> Steps => _steps;

    /// <summary>Outputs after the first, which is the initial state, in order of time.</summary>
    public IReadOnlyList<OdeOutput> Outputs => _outputs;

    /// <summary>Flat states at the starts of steps 0, <see cref="Stride"/>, 2 · <see cref="Stride"/>, ...</summary>
    public IReadOnlyList<Tensor> Checkpoints => _checkpoints;

    public int Stride { get; private set; } = 1;

    /// <summary>Records a step about to be accepted, whose start is the stepper's current state.</summary>
    public void AddStep(OdeStep step, OdeStepper stepper)
    {
        if (_steps.Count % Stride == 0 && _checkpoints.Count == maximumCheckpoints && maximumCheckpoints > 0)
        {
            Checkpoint.Thin(_checkpoints);
            Stride *= 2;
        }

        if (_steps.Count % Stride == 0 && maximumCheckpoints > 0)
        {
            _checkpoints.Add(stepper.CopyState().DetachFromDisposeScope());
        }

        _steps.Add(step);
    }

    /// <summary>Records that the next output lies in the step recorded last.</summary>
    public void AddOutput(double theta) => _outputs.Add(new OdeOutput(_steps.Count - 1, theta));

    /// <summary>A copy of the record of steps and outputs with other tensors for its checkpoints.</summary>
    public OdeTrace WithCheckpoints(IEnumerable<Tensor> checkpoints)
    {
        var copy = new OdeTrace(maximumCheckpoints) { Stride = Stride };
        copy._steps.AddRange(_steps);
        copy._outputs.AddRange(_outputs);
        copy._checkpoints.AddRange(checkpoints);
        return copy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor checkpoint in _checkpoints)
        {
            checkpoint.Dispose();
        }

        _checkpoints.Clear();
    }
}
