using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>The adjoint of the discrete solution: a <see cref="CheckpointSweep"/> over the accepted steps.</summary>
internal sealed class CheckpointedAdjoint
{
    private readonly OdeTrace _trace;
    private readonly AdjointStep _step;
    private readonly Tensor _cotangents;
    private int _output;

    private CheckpointedAdjoint(OdeTrace trace, AdjointStep step, Tensor cotangents)
    {
        _trace = trace;
        _step = step;
        _cotangents = cotangents;
        _output = trace.Outputs.Count - 1;
    }

    /// <summary>Runs the reverse sweep.</summary>
    /// <param name="solution">A solution with a trace.</param>
    /// <param name="term">Its term.</param>
    /// <param name="cotangents">Gradients of the states, <c>[times, n]</c>.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    /// <returns>Adjoint at the first time, <c>[n]</c>, without the direct contribution of the first output.</returns>
    public static Tensor Run(OdeSolution solution, IDifferentiableOdeTerm term, Tensor cotangents, Tensor parameterGradient)
    {
        OdeTrace trace = solution.Trace!;
        if (trace.Steps.Count == 0)
        {
            return zeros_like(cotangents[0]);
        }

        using AdjointStep step = OdeStepperFactory.CreateAdjoint(term, solution.Options, solution.States[0], parameterGradient);
        var adjoint = new CheckpointedAdjoint(trace, step, cotangents.contiguous());
        new CheckpointSweep(solution.Options, (i, state) => step.Advance(trace.Steps[i], state), adjoint.Reverse).Run(trace.Steps.Count, trace.Checkpoints, trace.Stride);
        return step.Finish();
    }

    private void Reverse(int index, Tensor state)
    {
        int last = _output;
        while (_output >= 0 && _trace.Outputs[_output].Step == index)
        {
            _output--;
        }

        // Output i of the trace is row i + 1 of the states, whose first row is the initial state.
        using DisposeScope scope = NewDisposeScope();
        double[] thetas = [.. Enumerable.Range(_output + 1, last - _output).Select(i => _trace.Outputs[i].Theta)];
        OdeStep step = _trace.Steps[index];
        _step.Reverse(step, state, thetas, _cotangents.narrow(0, _output + 2, thetas.Length));
        if (index == 0 || _trace.Steps[index - 1].Segment != step.Segment)
        {
            _step.ReverseFirstStage();
        }
    }
}
