using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Common;

/// <summary>Moves the adjoint backward along steps that are common to all rows.</summary>
internal abstract class CommonAdjointStep : AdjointStep
{
    /// <summary>Repeats a step of the forward solve.</summary>
    /// <param name="step">The step.</param>
    /// <param name="state">What it starts from.</param>
    /// <returns>What the next step starts from.</returns>
    public abstract Tensor Advance(OdeStep step, Tensor state);

    /// <summary>Moves the adjoint from the end of a step to its start, but for what flows through its first stage.</summary>
    /// <param name="step">The step.</param>
    /// <param name="state">What it starts from.</param>
    /// <param name="thetas">Places of the outputs in it, increasing, in (0, 1].</param>
    /// <param name="outputCotangents">Their gradients, <c>[outputs, n]</c>, contiguous.</param>
    public abstract void Reverse(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, Tensor outputCotangents);

    /// <summary>Adds what flows through the first stage of the step reversed last, which the step before it does not share.</summary>
    public virtual void ReverseFirstStage()
    {
    }

    public sealed override Tensor Advance(StepRecord steps, Tensor state) => Advance(steps.Steps[0], state);

    public sealed override void Reverse(StepRecord steps, Tensor state, Tensor cotangents)
    {
        using DisposeScope scope = NewDisposeScope();
        StepOutput[] outputs = steps.Outputs;
        Reverse(steps.Steps[0], state, steps.Thetas(), cotangents.narrow(0, outputs.Length > 0 ? outputs[0].Output : 0, outputs.Length));
        if (steps.Steps[0].StartsSegment)
        {
            ReverseFirstStage();
        }
    }
}
