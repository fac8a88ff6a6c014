using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using TorchSharp;
using static TorchSharp.torch;

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

    /// <summary>Runs every clock to its last output time, or until its solve fails.</summary>
    public void Run()
    {
        int[] active = UnderWay([.. Enumerable.Range(0, clocks.Length)]);
        while (active.Length > 0)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            BeginSegments(active);
            active = UnderWay(active);
            if (active.Length > 0)
            {
                TakeSteps(active);
                active = UnderWay(active);
            }
        }
    }

    private int[] UnderWay(int[] candidates) =>
        Array.TrueForAll(candidates, clock => clocks[clock].Status is null) ? candidates : Array.FindAll(candidates, clock => clocks[clock].Status is null);

    private void BeginSegments(int[] active)
    {
        if (!Array.Exists(active, clock => clocks[clock].StartsSegment))
        {
            return;
        }

        int[] starting = Array.FindAll(active, clock => clocks[clock].StartsSegment);
        stepper.Restart(Array.FindAll(starting, clock => clocks[clock].AcceptedSteps > 0));
        if (_control is not null)
        {
            double[]? sizes = _control.InitialStep is null ? stepper.EstimateInitialSteps(starting, Array.ConvertAll(starting, clock => clocks[clock].Segment), _control) : null;
            for (int i = 0; i < starting.Length; i++)
            {
                clocks[starting[i]].SetInitialStep(_control.InitialStep ?? sizes![i]);
            }
        }
    }

    private void TakeSteps(int[] active)
    {
        OdeStep[] steps = Array.ConvertAll(active, clock => clocks[clock].NextStep());
        double[] errors = stepper.TrySteps(active, steps, _control);
        double[]? events = stepper.FindEvents(active, errors);
        var accepted = new List<int>();
        var outputs = new List<StepOutput>();
        for (int i = 0; i < active.Length; i++)
        {
            SolveProgress clock = clocks[active[i]];
            if (!(errors[i] <= 1))
            {
                clock.Reject(steps[i].Size, errors[i]);
                continue;
            }

            accepted.Add(i);
            if (events is not null && !double.IsNaN(events[i]))
            {
                clock.Stop(steps[i].Size, events[i], outputs);
            }
            else
            {
                clock.Accept(steps[i].Size, errors[i], outputs);
            }
        }

        if (accepted.Count > 0)
        {
            var record = new StepRecord([.. accepted.Select(i => active[i])], [.. accepted.Select(i => steps[i] with { EarlierSlopes = stepper.EarlierSlopes })], [.. outputs]);
            trace?.Add(record, stepper.CopyState);
            stepper.Accept(record);
        }
    }
}
