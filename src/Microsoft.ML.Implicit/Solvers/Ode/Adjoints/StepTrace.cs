using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>
/// What a reverse sweep needs of a forward solve: the accepted steps, and states at checkpoints at equal distances, a distance that doubles
/// each time their number reaches the limit.
/// </summary>
/// <typeparam name="TStep">A step.</typeparam>
/// <param name="maximumCheckpoints">Limit on checkpoints; zero where none are wanted.</param>
internal class StepTrace<TStep>(int maximumCheckpoints) : IDisposable
{
    private readonly List<TStep> _steps = [];
    private readonly List<Tensor> _checkpoints = [];

    public IReadOnlyList<TStep> Steps => _steps;

    /// <summary>States at the starts of steps 0, <see cref="Stride"/>, 2 · <see cref="Stride"/>, ...</summary>
    public IReadOnlyList<Tensor> Checkpoints => _checkpoints;

    public int Stride { get; private set; } = 1;

    /// <summary>Limit on checkpoints; zero where none are wanted.</summary>
    public int MaximumCheckpoints => maximumCheckpoints;

    /// <summary>Records a step about to be accepted.</summary>
    /// <param name="step">The step.</param>
    /// <param name="copyState">Copies what it starts from.</param>
    public void Add(TStep step, Func<Tensor> copyState)
    {
        if (maximumCheckpoints > 0 && _steps.Count % Stride == 0)
        {
            if (_checkpoints.Count == maximumCheckpoints)
            {
                Thin();
            }

            if (_steps.Count % Stride == 0)
            {
                _checkpoints.Add(copyState().DetachFromDisposeScope());
            }
        }

        _steps.Add(step);
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

    /// <summary>Takes over leading steps of another trace, with other tensors for its checkpoints.</summary>
    protected void CopyFrom(StepTrace<TStep> other, IEnumerable<TStep> steps, IEnumerable<Tensor> checkpoints)
    {
        _steps.AddRange(steps);
        _checkpoints.AddRange(checkpoints);
        Stride = other.Stride;
    }

    // Drops every other state, the second first.
    private void Thin()
    {
        for (int i = _checkpoints.Count - 1; i > 0; i--)
        {
            if (i % 2 == 1)
            {
                _checkpoints[i].Dispose();
                _checkpoints.RemoveAt(i);
            }
        }

        Stride *= 2;
    }
}
