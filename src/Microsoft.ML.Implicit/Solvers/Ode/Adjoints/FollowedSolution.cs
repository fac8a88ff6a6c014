using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>What gradients follow of a solution some of whose rows failed: rows and times without a cotangent take no part.</summary>
internal static class FollowedSolution
{
    /// <summary>Leaves out what has no cotangent.</summary>
    /// <param name="solution">A solution with a trace.</param>
    /// <param name="stateGradients">Cotangents of its states, <c>[times, batch, ...]</c>.</param>
    /// <param name="eventGradients">Those of what an event stopped, <c>[batch, ...]</c> each.</param>
    /// <returns>
    /// The solution itself where no row failed. Otherwise one whose steps of failed rows end where their cotangents do; where rows share steps it has the leading times with cotangents
    /// alone, and the rows that failed before the last of them stand still. Its tensors belong to the caller's dispose scope.
    /// </returns>
    /// <exception cref="SolveFailedException">A row has a cotangent at a time that it did not reach.</exception>
    public static OdeSolution Of(OdeSolution solution, Tensor stateGradients, params IEnumerable<Tensor?> eventGradients)
    {
        if (solution.Converged)
        {
            return solution;
        }

        int times = (int)solution.States.shape[0];
        int[] reached = Reached(solution.States);
        int[] last = LastAsked(stateGradients, eventGradients.OfType<Tensor>());
        SolveFailure.ThrowIfAny(solution, row => last[row] >= reached[row]);
        IReadOnlyList<StepRecord> steps = solution.Trace!.Steps;
        if (solution.HasRowTimes)
        {
            int[] until = [.. solution.Status.Select((status, row) => status == SolveStatus.Converged ? int.MaxValue : last[row])];
            return solution.With(solution.Scheme, solution.Trace.WithSteps(Until(steps, until), [], reached.Length), times);
        }

        int count = Math.Max(last.Max(), 0) + 1;
        int[] held = [.. Enumerable.Range(0, reached.Length).Where(row => reached[row] < count)];
        OdeTrace trace = solution.Trace.WithSteps(Until(steps, [count - 1]), held, reached.Length);
        return solution.With(solution.Scheme.Hold(held), trace, count);
    }

    // Number of leading times at which a row is finite.
    private static int[] Reached(Tensor states)
    {
        bool[][] finite = ByTime(states.detach().isfinite().reshape(states.shape[0], states.shape[1], -1).all(2));
        return [.. Enumerable.Range(0, (int)states.shape[1]).Select(row => finite.TakeWhile(rows => rows[row]).Count())];
    }

    // Index of the last time at which a row has a cotangent, an event being later than all; -1 where it has none.
    private static int[] LastAsked(Tensor stateGradients, IEnumerable<Tensor> eventGradients)
    {
        long rows = stateGradients.shape[1];
        Tensor ofStates = stateGradients.detach().ne(0.Held()).reshape(stateGradients.shape[0], rows, -1).any(2);
        bool[][] asked = ByTime(cat([ofStates, .. eventGradients.Select(gradient => gradient.detach().ne(0.Held()).reshape(1, rows, -1).any(2))]));
        return [.. Enumerable.Range(0, (int)rows).Select(row => Array.FindLastIndex(asked, at => at[row]))];
    }

    private static bool[][] ByTime(Tensor flags) => [.. flags.cpu().data<bool>().ToArray().Chunk((int)flags.shape[1])];

    // The steps of each clock up to that which holds a given output, none where there is no such step.
    private static StepRecord[] Until(IReadOnlyList<StepRecord> steps, int[] outputs)
    {
        int[] ends = Array.ConvertAll(outputs, output => output == int.MaxValue ? steps.Count : 0);
        for (int i = 0; i < steps.Count; i++)
        {
            foreach (StepOutput output in steps[i].Outputs)
            {
                ends[output.Clock] = output.Output == outputs[output.Clock] ? i + 1 : ends[output.Clock];
            }
        }

        return [.. steps.Take(ends.Max()).Select((step, i) => step.Where(clock => i < ends[clock], output => output.Output <= outputs[output.Clock]))];
    }
}
