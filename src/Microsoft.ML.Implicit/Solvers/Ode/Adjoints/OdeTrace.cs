using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>
/// What a reverse sweep needs of a forward solve: the accepted steps, and states at checkpoints at equal distances, a distance that doubles
/// each time their number reaches the limit.
/// </summary>
/// <param name="maximumCheckpoints">Limit on checkpoints; zero where none are wanted.</param>
internal sealed class OdeTrace(int maximumCheckpoints) : IDisposable
{
    private readonly List<StepRecord> _steps = [];
    private readonly List<Tensor> _checkpoints = [];

    public IReadOnlyList<StepRecord> Steps => _steps;

    /// <summary>States at the starts of steps 0, <see cref="Stride"/>, 2 · <see cref="Stride"/>, ...</summary>
    public IReadOnlyList<Tensor> Checkpoints => _checkpoints;

    public int Stride { get; private set; } = 1;

    /// <summary>Records steps about to be accepted.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="copyState">Copies what they start from.</param>
    public void Add(StepRecord steps, Func<Tensor> copyState)
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

        _steps.Add(steps);
    }

    /// <summary>A copy of the record of steps with other tensors for its checkpoints.</summary>
    public OdeTrace WithCheckpoints(IEnumerable<Tensor> checkpoints)
    {
        var copy = new OdeTrace(maximumCheckpoints) { Stride = Stride };
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
