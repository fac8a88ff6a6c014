using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>
/// Drives all rows at once, each with its own times and step sizes (Lienen and Günnemann, torchode, 2022). An iteration
/// tries one step of every row under way; rows that are done are left out of the work.
/// </summary>
internal sealed class RowwiseIntegrator
{
    private readonly ExplicitRungeKutta _method;
    private readonly OdeOptions _options;
    private readonly RowStepper _stepper;
    private readonly Tensor _outputs;
    private readonly RowwiseTrace? _trace;
    private readonly SolveProgress[] _rows;
    private readonly List<(int Output, double Theta)> _reached = [];
    private readonly OdeEvent? _event;
    private EventSearch? _search;

    /// <param name="stepper">Takes the steps.</param>
    /// <param name="times">Output times of each row.</param>
    /// <param name="options">Options, with an explicit Runge-Kutta method.</param>
    /// <param name="outputs"><c>[times, batch, n]</c>, written.</param>
    /// <param name="trace">Records what a reverse sweep needs.</param>
    /// <param name="stopEvent">Stops a row where it crosses zero; its state there is the last of the outputs.</param>
    public RowwiseIntegrator(RowStepper stepper, double[][] times, OdeOptions options, Tensor outputs, RowwiseTrace? trace, OdeEvent? stopEvent)
    {
        _event = stopEvent;
        _stepper = stepper;
        _options = options;
        _method = (ExplicitRungeKutta)options.Method;
        _outputs = outputs;
        _trace = trace;
        _rows = [.. times.Select(t => new SolveProgress(t, options, outputs.dtype))];
    }

    public IReadOnlyList<SolveProgress> Rows => _rows;

    /// <summary>Runs every row to its last time or until it fails.</summary>
    /// <param name="initialState"><c>[batch, n]</c>.</param>
    public void Run(Tensor initialState)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor all = initialState.clone();
        long[] active = Active();
        if (_event is not null)
        {
            _search = new EventSearch(_event, _stepper, tensor(_rows.Select(r => r.Time).ToArray(), all.dtype, all.device), all);
        }

        Tensor? firstStages = null;
        while (active.Length > 0)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            using DisposeScope iteration = NewDisposeScope();
            Tensor rows = Indices(active, all);
            long[] starting = [.. active.Where(r => _rows[r].StartsSegment)];
            if (starting.Length > 0 && _options.StepControl is AdaptiveStepControl control)
            {
                EstimateInitialSteps(all, starting, control);
            }

            Tensor next = Iterate(all, rows, active, starting.Length > 0 ? null : firstStages!.index_select(0, rows));
            firstStages ??= zeros_like(all).MoveToOuterDisposeScope();
            firstStages.index_copy_(0, rows, next);
            active = Active();
        }
    }

    private Tensor Iterate(Tensor all, Tensor rows, long[] active, Tensor? first)
    {
        double[] starts = [.. active.Select(r => _rows[r].Time)];
        double[] steps = [.. active.Select(r => _rows[r].NextStep())];
        OdeSegment[] segments = [.. active.Select(r => _rows[r].Segment)];
        Tensor state = all.index_select(0, rows);
        var clock = new RowClock(rows, starts, steps, segments, all);
        Tensor sizes = clock.Sizes;
        (List<Tensor> stages, Tensor trial) = _stepper.Step(clock, state, first);
        double[] errors = new double[active.Length];
        if (_options.StepControl is AdaptiveStepControl control)
        {
            _stepper.Extend(stages, clock, state, _method.ErrorWeights.Length);
            errors = _stepper.Errors(stages, sizes, state, trial, control);
        }

        bool[] accepted = [.. errors.Select(e => e <= 1)];
        double[]? eventThetas = null;
        if (_search is not null)
        {
            _stepper.Extend(stages, clock, state, _method.DenseStages);
            eventThetas = _search.Find(active, accepted, new TriedStep(clock.Times, sizes, state, stages, trial));
        }

        RowStep step = Decide(active, starts, steps, segments, errors, eventThetas);
        if (step.Rows.Length > 0)
        {
            _trace?.AddStep(step, all.clone);
        }

        if (step.Outputs.Length > 0)
        {
            _stepper.Extend(stages, clock, state, _method.DenseStages);
            Write(_stepper.Interpolate(stages, sizes, state, [.. step.Outputs.Select(o => o with { Position = Array.IndexOf(active, o.Row) })]), step);
        }

        // Every row's first stage of its next step: its end stage where accepted, else the same as before.
        _stepper.Extend(stages, clock, state, _method.EndStage + 1);
        Tensor moved = tensor(accepted, ScalarType.Bool, all.device).unsqueeze(1);
        all.index_copy_(0, rows, where(moved, trial, state));
        return where(moved, stages[_method.EndStage], stages[0]);
    }

    private RowStep Decide(long[] active, double[] starts, double[] steps, OdeSegment[] segments, double[] errors, double[]? eventThetas)
    {
        var outputs = new List<RowOutput>();
        var moved = new List<int>();
        for (int i = 0; i < active.Length; i++)
        {
            SolveProgress row = _rows[active[i]];
            if (!(errors[i] <= 1))
            {
                row.Reject(steps[i], errors[i]);
                continue;
            }

            _reached.Clear();
            if (eventThetas is not null && !double.IsNaN(eventThetas[i]))
            {
                row.Stop(steps[i], eventThetas[i], _reached);
            }
            else
            {
                row.Accept(steps[i], errors[i], _reached);
            }

            int position = moved.Count;
            outputs.AddRange(_reached.Select(r => new RowOutput(position, active[i], r.Output, r.Theta)));
            moved.Add(i);
        }

        return new RowStep([.. moved.Select(i => active[i])], [.. moved.Select(i => starts[i])], [.. moved.Select(i => steps[i])], [.. moved.Select(i => segments[i])], [.. outputs]);
    }

    private void EstimateInitialSteps(Tensor all, long[] active, AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = Indices(active, all);
        Tensor state = all.index_select(0, rows);
        OdeSegment[] segments = [.. active.Select(r => _rows[r].Segment)];
        double[] starts = [.. segments.Select(segment => segment.Start)];
        Tensor slope = _stepper.Evaluate(new RowClock(rows, starts, starts, segments, all), 0, state);
        Tensor scale = control.Scale(state);
        double[] norms = RowStepper.ToDoubles(cat([RowStepper.RowNorms(state / scale), RowStepper.RowNorms(slope / scale)]));
        double[] guesses = [.. active.Select((_, i) => InitialStep.FirstGuess(norms[i], norms[i + active.Length], segments[i].Length))];
        var probe = new RowClock(rows, starts, [.. segments.Select((segment, i) => segment.Direction * guesses[i])], segments, all);
        Tensor change = _stepper.Evaluate(probe, 1, state.Plus(slope * probe.Sizes.unsqueeze(1))).sub_(slope).div_(scale);
        double[] curvatures = RowStepper.ToDoubles(RowStepper.RowNorms(change));
        for (int i = 0; i < active.Length; i++)
        {
            double step = double.IsNaN(guesses[i]) ? double.NaN : InitialStep.Estimate(guesses[i], norms[i + active.Length], curvatures[i] / guesses[i], _method.Order);
            _rows[active[i]].SetInitialStep(control.InitialStep ?? step);
        }
    }

    private void Write(Tensor states, RowStep step) =>
        _outputs.view(-1, _outputs.shape[2]).index_copy_(0, Indices(step.OutputPlaces(_outputs.shape[1]), states), states);

    private long[] Active() => [.. Enumerable.Range(0, _rows.Length).Where(r => _rows[r].Status is null).Select(r => (long)r)];

    private static Tensor Indices(long[] values, Tensor like) => tensor(values, ScalarType.Int64, like.device);
}
