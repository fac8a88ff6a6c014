using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// The adjoint of the discrete solution: a reverse sweep over the accepted steps, whose states are recomputed from
/// checkpoints, recursively where a stretch between checkpoints is longer than the limit on states kept
/// (Griewank, Achieving logarithmic growth of temporal and spatial complexity in reverse automatic differentiation, 1992).
/// </summary>
internal sealed class CheckpointedAdjoint
{
    private readonly OdeTrace _trace;
    private readonly AdjointStep _step;
    private readonly int _maximumStates;
    private readonly CancellationToken _cancellationToken;
    private readonly Tensor _cotangents;
    private int _output;

    private CheckpointedAdjoint(OdeSolution solution, AdjointStep step, Tensor cotangents)
    {
        _trace = solution.Trace!;
        _step = step;
        _maximumStates = solution.Options.MaximumCheckpoints;
        _cancellationToken = solution.Options.CancellationToken;
        _cotangents = cotangents;
        _output = _trace.Outputs.Count - 1;
    }

    /// <summary>Runs the reverse sweep.</summary>
    /// <param name="solution">A solution with a trace.</param>
    /// <param name="term">Its term.</param>
    /// <param name="cotangents">Gradients of the states, <c>[times, n]</c>.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    /// <returns>Adjoint at the first time, <c>[n]</c>, without the direct contribution of the first output.</returns>
    public static Tensor Run(OdeSolution solution, IDifferentiableOdeTerm term, Tensor cotangents, Tensor parameterGradient)
    {
        if (solution.Options.Method is not ExplicitRungeKutta method)
        {
            throw new InvalidOperationException($"The checkpointed adjoint of {solution.Options.Method.Name} is not available.");
        }

        if (solution.Trace!.Steps.Count == 0)
        {
            return zeros_like(cotangents[0]);
        }

        using AdjointStep step = OdeStepperFactory.CreateAdjoint(term, method, solution.States[0], parameterGradient);
        var sweep = new CheckpointedAdjoint(solution, step, cotangents.contiguous());
        int end = sweep._trace.Steps.Count;
        for (int i = sweep._trace.Checkpoints.Count - 1; i >= 0; i--)
        {
            int start = i * sweep._trace.Stride;
            sweep.Reverse(start, end, sweep._trace.Checkpoints[i]);
            end = start;
        }

        return step.Finish();
    }

    // Steps [start, end) in reverse; the state at the start is given.
    private void Reverse(int start, int end, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        int count = end - start;
        int stride = (count + _maximumStates - 1) / _maximumStates;
        var states = new List<Tensor> { state };
        for (int i = start; states.Count * stride < count; i++)
        {
            Tensor next = _step.Advance(_trace.Steps[i], state);
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
            int first = start + i * stride;
            if (stride == 1)
            {
                ReverseStep(first, states[i]);
            }
            else
            {
                Reverse(first, end, states[i]);
            }

            end = first;
        }
    }

    private void ReverseStep(int index, Tensor state)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        int last = _output;
        while (_output >= 0 && _trace.Outputs[_output].Step == index)
        {
            _output--;
        }

        // Output i of the trace is row i + 1 of the states, whose first row is the initial state.
        using DisposeScope scope = NewDisposeScope();
        double[] thetas = [.. Enumerable.Range(_output + 1, last - _output).Select(i => _trace.Outputs[i].Theta)];
        _step.Reverse(_trace.Steps[index], state, thetas, _cotangents.narrow(0, _output + 2, thetas.Length));
    }
}
