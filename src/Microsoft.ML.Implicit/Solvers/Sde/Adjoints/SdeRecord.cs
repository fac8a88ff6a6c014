using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using Microsoft.ML.Implicit.Solvers.Sde.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Adjoints;

/// <summary>A solution with what it takes to repeat its steps, on the same path.</summary>
/// <param name="Equation">The equation.</param>
/// <param name="Path">The noise.</param>
/// <param name="Method">The method.</param>
/// <param name="Steps">Step control and limits.</param>
/// <param name="Solution">The solution.</param>
/// <param name="Trace">Its steps; <see langword="null"/> where no gradients are wanted.</param>
/// <param name="End">What a step after the last would start from, where steps are to be reversed from there.</param>
internal sealed record SdeRecord(StochasticEquation Equation, BrownianPath Path, SdeMethod Method, OdeOptions Steps, SdeSolution Solution, SdeTrace? Trace, Tensor? End) : IDisposable
{
    /// <exception cref="SolveFailedException">A row was not solved to the last time.</exception>
    public void ThrowIfFailed() => SolveFailure.ThrowIfAny(Solution.Status, _ => Solution.EndTime);

    /// <summary>The first step, for what it starts from.</summary>
    public SdeStep BeginningOf(DrivenEquation driven) => new(driven, Solution.Times[0], Solution.Times[0], false);

    /// <summary>A step of the solve.</summary>
    public SdeStep StepOf(DrivenEquation driven, int index)
    {
        (double time, double end) = Trace!.Steps[index];
        return new SdeStep(driven, time, end, false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Solution.Dispose();
        Trace?.Dispose();
        End?.Dispose();
    }
}
