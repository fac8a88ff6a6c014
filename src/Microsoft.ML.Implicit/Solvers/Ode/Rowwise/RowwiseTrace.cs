using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Accepted steps of all rows, with the states of the whole batch at checkpoints whose distance doubles each time their number reaches the limit.</summary>
internal sealed class RowwiseTrace(int maximumCheckpoints) : IDisposable
{
    private readonly List<RowStep> _steps = [];
    private readonly List<Tensor> _checkpoints = [];

    public IReadOnlyList<RowStep> Steps => _steps;

    /// <summary>States before steps 0, <see cref="Stride"/>, 2 · <see cref="Stride"/>, ..., each <c>[batch, n]</c>.</summary>
    public IReadOnlyList<Tensor> Checkpoints => _checkpoints;

    public int Stride { get; private set; } = 1;

    /// <summary>Records a step from the given states, before they are changed.</summary>
    public void Add(RowStep step, Tensor states)
    {
        if (_steps.Count % Stride == 0 && _checkpoints.Count == maximumCheckpoints)
        {
            Checkpoint.Thin(_checkpoints);
            Stride *= 2;
        }

        if (_steps.Count % Stride == 0)
        {
            _checkpoints.Add(states.clone().DetachFromDisposeScope());
        }

        _steps.Add(step);
    }

    /// <summary>A copy of the record of steps with other tensors for its checkpoints.</summary>
    public RowwiseTrace WithCheckpoints(IEnumerable<Tensor> checkpoints)
    {
        var copy = new RowwiseTrace(maximumCheckpoints) { Stride = Stride };
        copy._steps.AddRange(_steps);
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
