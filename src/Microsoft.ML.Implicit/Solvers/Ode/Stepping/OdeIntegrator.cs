using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>
/// Drives a stepper through the output times, with one clock that all rows share, or with one a row (Lienen and Günnemann, torchode, 2022). An
/// iteration tries a step of every clock under way.
/// </summary>
/// <param name="stepper">Takes the steps.</param>
/// <param name="clocks">Where each clock stands.</param>
/// <param name="options">Step control and token.</param>
/// <param name="trace">Records what a reverse sweep needs.</param>
internal sealed class OdeIntegrator(OdeStepper stepper, SolveProgress[] clocks, OdeOptions options, OdeTrace? trace)
{
    private readonly AdaptiveStepControl? _control = options.StepControl as AdaptiveStepControl;
    private readonly List<StepOutput> _outputs = [];

    /// <summary>Runs every clock to its last output time, or until its solve fails.</summary>
    public void Run()
    {
        int[] active = UnderWay([.. Enumerable.Range(0, clocks.Length)]);
        while (active.Length > 0)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            using IDisposable? scope = stepper.BeginIteration();
            active = BeginSegments(active);
            TakeSteps(active);
            active = UnderWay(active);
        }
    }

    // What runs every step goes without closures and copies: a small solve has steps of a few microseconds.
    private int[] UnderWay(int[] candidates)
    {
        foreach (int clock in candidates)
        {
            if (clocks[clock].Status is not null)
            {
                return [.. candidates.Where(candidate => clocks[candidate].Status is null)];
            }
        }

        return candidates;
    }

    private int[] BeginSegments(int[] active)
    {
        int starting = 0;
        foreach (int clock in active)
        {
            starting += clocks[clock].StartsSegment ? 1 : 0;
        }

        if (starting > 0)
        {
            BeginSegmentsOf(starting == active.Length ? active : [.. active.Where(clock => clocks[clock].StartsSegment)]);
        }

        return UnderWay(active);
    }

    private void BeginSegmentsOf(int[] starting)
    {
        stepper.Restart(starting);
        if (_control is null)
        {
            return;
        }

        double[]? sizes = _control.InitialStep is null ? stepper.EstimateInitialSteps(starting, [.. starting.Select(clock => clocks[clock].Segment)], _control) : null;
        for (int i = 0; i < starting.Length; i++)
        {
            clocks[starting[i]].SetInitialStep(_control.InitialStep ?? sizes![i]);
        }
    }

    private void TakeSteps(int[] active)
    {
        if (active.Length == 0)
        {
            return;
        }

        var steps = new OdeStep[active.Length];
        for (int i = 0; i < active.Length; i++)
        {
            steps[i] = clocks[active[i]].NextStep();
        }

        double[] errors = stepper.TrySteps(active, steps, _control);
        double[]? events = stepper.FindEvents(active, errors);
        int accepted = 0;
        _outputs.Clear();
        for (int i = 0; i < active.Length; i++)
        {
            SolveProgress clock = clocks[active[i]];
            if (!(errors[i] <= 1))
            {
                clock.Reject(steps[i].Size, errors[i]);
                continue;
            }

            accepted++;
            if (events is not null && !double.IsNaN(events[i]))
            {
                clock.Stop(steps[i].Size, events[i], _outputs);
            }
            else
            {
                clock.Accept(steps[i].Size, errors[i], _outputs);
            }
        }

        if (accepted > 0)
        {
            Accept(accepted == active.Length ? new StepRecord(active, steps, [.. _outputs]) : SelectAccepted(active, steps, errors));
        }
    }

    private StepRecord SelectAccepted(int[] active, OdeStep[] steps, double[] errors)
    {
        int[] accepted = [.. Enumerable.Range(0, active.Length).Where(i => errors[i] <= 1)];
        return new StepRecord([.. accepted.Select(i => active[i])], [.. accepted.Select(i => steps[i])], [.. _outputs]);
    }

    private void Accept(StepRecord steps)
    {
        trace?.Add(steps, stepper.CopyState);
        stepper.Accept(steps);
    }
}
