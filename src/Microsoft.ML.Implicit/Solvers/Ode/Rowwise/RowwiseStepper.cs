using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Takes a step of its own for every row under way; rows that are done are left out of the work.</summary>
internal sealed class RowwiseStepper : OdeStepper
{
    private readonly RowRungeKutta _method;
    private readonly EventSearch? _search;
    private readonly Tensor _outputs;
    private readonly Tensor _states;
    private readonly Tensor _firstStages;
    private readonly bool[] _isFirstStageReady;
    private RowStages _tried = null!;

    /// <param name="method">Method; owned.</param>
    /// <param name="stopEvent">Stops a row where it crosses zero.</param>
    /// <param name="initialState"><c>[batch, ...]</c>.</param>
    /// <param name="outputs"><c>[outputs, batch * ...]</c>, written.</param>
    public RowwiseStepper(RowRungeKutta method, OdeEvent? stopEvent, Tensor initialState, Tensor outputs)
    {
        _method = method;
        _search = stopEvent is null ? null : new EventSearch(stopEvent, method);
        _states = initialState.reshape(method.Batch, -1).clone().DetachFromDisposeScope();
        _firstStages = zeros_like(_states).DetachFromDisposeScope();
        _outputs = outputs.view(-1, _states.shape[1]);
        _isFirstStageReady = new bool[method.Batch];
    }

    // The stages of a step are needed until it is accepted.
    public override IDisposable BeginIteration() => NewDisposeScope();

    public override double[] EstimateInitialSteps(int[] clocks, OdeSegment[] segments, AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        RowClock clock = EvaluateFirstStages(clocks, Array.ConvertAll(segments, segment => new OdeStep(segment.Start, 0, segment)));
        Tensor state = _states.index_select(0, clock.Rows);
        Tensor slope = _firstStages.index_select(0, clock.Rows);
        Tensor scale = control.Scale(state);
        double[] norms = RowRungeKutta.ToDoubles(cat([RowRungeKutta.RowNorms(state / scale), RowRungeKutta.RowNorms(slope / scale)]));
        double[] guesses = [.. segments.Select((segment, i) => InitialStep.FirstGuess(norms[i], norms[i + segments.Length], segment.Length))];
        var probe = new RowClock(clocks, [.. segments.Select((segment, i) => new OdeStep(segment.Start, segment.Direction * guesses[i], segment))], _states);
        Tensor change = _method.Evaluate(probe, 1, state.Plus(slope * probe.Sizes.unsqueeze(1))).sub_(slope).div_(scale);
        Evaluations = _method.Evaluations;
        double[] curvatures = RowRungeKutta.ToDoubles(RowRungeKutta.RowNorms(change));
        return
        [
            .. guesses.Select((guess, i) =>
                double.IsNaN(guess) ? double.NaN : InitialStep.Estimate(guess, norms[i + segments.Length], curvatures[i] / guess, _method.Tableau.Order)),
        ];
    }

    public override double[] TrySteps(int[] clocks, OdeStep[] steps, AdaptiveStepControl? control)
    {
        int[] missing = [.. Enumerable.Range(0, clocks.Length).Where(i => !_isFirstStageReady[clocks[i]])];
        if (missing.Length > 0)
        {
            EvaluateFirstStages(Array.ConvertAll(missing, i => clocks[i]), Array.ConvertAll(missing, i => steps[i]));
        }

        var clock = new RowClock(clocks, steps, _states);
        _tried = new RowStages(_method, clock, _states.index_select(0, clock.Rows), _firstStages.index_select(0, clock.Rows));
        double[] errors = control is null ? new double[clocks.Length] : _tried.Errors(control);
        Evaluations = _method.Evaluations;
        return errors;
    }

    public override double[]? FindEvents(int[] clocks, double[] errors) => _search?.Find(clocks, _tried, errors);

    public override void Accept(StepRecord steps)
    {
        if (_tried.At(steps) is { } inside)
        {
            _outputs.index_copy_(0, tensor(steps.Places(_method.Batch), device: _outputs.device), inside);
        }

        Tensor? chosen = steps.Clocks.Length == _tried.Start.shape[0] ? null : tensor(_tried.Clock.PositionsOf(steps.Clocks), device: _states.device);
        Tensor Accepted(Tensor tried) => chosen is null ? tried : tried.index_select(0, chosen);
        Tensor rows = Accepted(_tried.Clock.Rows);
        _firstStages.index_copy_(0, rows, Accepted(_tried.EndStage()));
        _states.index_copy_(0, rows, Accepted(_tried.End));
        Evaluations = _method.Evaluations;
    }

    public override void Restart(int[] clocks)
    {
        foreach (int row in clocks)
        {
            _isFirstStageReady[row] = false;
        }
    }

    public override Tensor CopyState() => _states.view(-1).clone();

    public override SolveStatus?[] Ends(IReadOnlyList<SolveProgress> clocks) => [.. clocks.Select(clock => clock.Status)];

    protected override void Dispose(bool disposing)
    {
        _method.Dispose();
        _states.Dispose();
        _firstStages.Dispose();
    }

    private RowClock EvaluateFirstStages(int[] rows, OdeStep[] steps)
    {
        var clock = new RowClock(rows, steps, _states);
        _firstStages.index_copy_(0, clock.Rows, _method.Evaluate(clock, 0, _states.index_select(0, clock.Rows)));
        foreach (int row in rows)
        {
            _isFirstStageReady[row] = true;
        }

        return clock;
    }
}
