using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>
/// A reverse sweep over steps whose states are recomputed from checkpoints, recursively where a stretch between checkpoints
/// is longer than the limit on states kept (Griewank, Achieving logarithmic growth of temporal and spatial complexity in
/// reverse automatic differentiation, 1992).
/// </summary>
/// <param name="options">Limit on states and token.</param>
/// <param name="advance">Computes the state after a step, given the step's index and the state before it.</param>
/// <param name="reverse">Takes a step back, given its index and the state before it.</param>
internal sealed class CheckpointSweep(OdeOptions options, Func<int, Tensor, Tensor> advance, Action<int, Tensor> reverse)
{
    /// <summary>Takes all steps back, the last first.</summary>
    /// <param name="steps">Number of steps.</param>
    /// <param name="checkpoints">States before steps 0, <paramref name="stride"/>, 2 · <paramref name="stride"/>, ...</param>
    /// <param name="stride">Steps from one checkpoint to the next.</param>
    public void Run(int steps, IReadOnlyList<Tensor> checkpoints, int stride)
    {
        int end = steps;
        for (int i = checkpoints.Count - 1; i >= 0; i--)
        {
            int start = i * stride;
            Reverse(start, end, checkpoints[i]);
            end = start;
        }
    }

    // Steps [start, end); the state at the start is given.
    private void Reverse(int start, int end, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        int count = end - start;
        int stride = (count + options.MaximumCheckpoints - 1) / options.MaximumCheckpoints;
        var states = new List<Tensor> { state };
        for (int i = start; states.Count * stride < count; i++)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            Tensor next = advance(i, state);
            if (!ReferenceEquals(state, states[^1]))
            {
                state.Dispose();
            }

            state = next;
            if ((i + 1 - start) % stride == 0)
            {
                states.Add(state);
            }
        }

        for (int i = states.Count - 1; i >= 0; i--)
        {
            int first = start + (i * stride);
            if (stride == 1)
            {
                options.CancellationToken.ThrowIfCancellationRequested();
                reverse(first, states[i]);
            }
            else
            {
                Reverse(first, end, states[i]);
            }

            end = first;
        }
    }
}
