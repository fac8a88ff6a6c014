using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>
/// Takes all rows to their last times. Where some of the rows that share steps can take none, they are held from there on and the others go on without them.
/// </summary>
/// <param name="scheme">Who takes a step together.</param>
/// <param name="clocks">Where each clock stands.</param>
/// <param name="options">Method, step control and token.</param>
/// <param name="trace">Records what a reverse sweep needs.</param>
internal sealed class SolveToEnd(StepScheme scheme, SolveProgress[] clocks, OdeOptions options, OdeTrace? trace)
{
    private readonly SortedDictionary<int, RowFailure> _failures = [];

    /// <summary>Rows that ended before those that they shared steps with.</summary>
    public IReadOnlyDictionary<int, RowFailure> Failures => _failures;

    /// <summary>Evaluations of f so far.</summary>
    public int Evaluations { get; private set; }

    /// <summary>Runs.</summary>
    /// <param name="start">Initial state, <c>[batch, ...]</c>, contiguous and finite.</param>
    /// <param name="outputs"><c>[outputs, n]</c>, written; NaN where a row did not come to.</param>
    /// <returns>How the solve ended for each row.</returns>
    public SolveStatus[] Run(Tensor start, Tensor outputs)
    {
        Tensor state = start;
        while (true)
        {
            using OdeStepper stepper = scheme.Hold([.. _failures.Keys]).CreateStepper(options, state, outputs);
            new OdeIntegrator(stepper, clocks, options, trace).Run();
            Evaluations += stepper.Evaluations;
            SolveStatus?[] ends = stepper.Ends(clocks);
            foreach ((int row, RowFailure failure) in _failures)
            {
                ends[row] = failure.Status;
            }

            int[] failing = [.. Enumerable.Range(0, ends.Length).Where(row => ends[row] is not null && !_failures.ContainsKey(row))];
            if (failing.Length + _failures.Count == ends.Length)
            {
                EraseUnreached(outputs.view(outputs.shape[0], ends.Length, -1));
                return [.. ends.Select(end => end!.Value)];
            }

            foreach (int row in failing)
            {
                _failures[row] = new RowFailure(ends[row]!.Value, clocks[0].Time, clocks[0].ReachedTimes);
            }

            state = HeldRows.Clear(stepper.CopyState().view(start.shape), 0, failing);
            clocks[0].Resume();
        }
    }

    private void EraseUnreached(Tensor outputs)
    {
        foreach ((int row, RowFailure failure) in _failures)
        {
            outputs.select(1, row).narrow(0, failure.ReachedTimes, outputs.shape[0] - failure.ReachedTimes).fill_(double.NaN.Held());
        }
    }
}
