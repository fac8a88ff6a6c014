using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Repeats the accepted steps of rows that step independently, by operations that autograd follows.</summary>
internal static class RowwiseReplay
{
    /// <summary>Repeats a solve without an event.</summary>
    /// <param name="solution">A solution with a trace.</param>
    /// <param name="term">Its term.</param>
    /// <param name="start">Initial state, <c>[batch, ...]</c>.</param>
    /// <returns>States at all times, <c>[times, batch, ...]</c>.</returns>
    public static Tensor Run(OdeRowSolution solution, IRowTimeOdeTerm term, Tensor start)
    {
        using var stepper = new RowStepper(term, (ExplicitRungeKutta)solution.Options.Method, start);
        Tensor states = start.reshape(start.shape[0], -1);
        Tensor outputs = where(RowTimes.EqualFirst(solution.Times, start.device), states, zeros_like(states)).view(-1, states.shape[1]);
        var places = new List<long>();
        var values = new List<Tensor>();
        foreach (RowStep step in solution.Trace!.Steps)
        {
            solution.Options.CancellationToken.ThrowIfCancellationRequested();
            var clock = new RowClock(step, states);
            (Tensor trial, Tensor? inside) = stepper.Repeat(step, clock, states.index_select(0, clock.Rows));
            states = states.index_copy(0, clock.Rows, trial);
            if (inside is not null)
            {
                places.AddRange(step.OutputPlaces(start.shape[0]));
                values.Add(inside);
            }
        }

        Tensor all = values.Count == 0 ? outputs : outputs.index_copy(0, tensor(places.ToArray(), ScalarType.Int64, start.device), cat(values));
        return all.view([-1, .. start.shape]);
    }
}
