using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Stepping;

/// <summary>Takes the steps of a solve, with sizes common to all rows.</summary>
internal sealed class SdeIntegrator : IDisposable
{
    private readonly DrivenEquation _driven;
    private readonly SdeMethod _method;
    private readonly OdeOptions _steps;
    private readonly SolveProgress _progress;
    private readonly SdeTrace? _trace;
    private readonly Tensor _outputs;
    private readonly List<StepOutput> _reached = [];
    private double _usualSize;

    /// <param name="driven">Equation and noise.</param>
    /// <param name="method">Method.</param>
    /// <param name="steps">Step control and limits.</param>
    /// <param name="times">Output times.</param>
    /// <param name="outputs"><c>[times, rows, dimension]</c>, the first of which is the initial state; the others are written.</param>
    /// <param name="trace">Records what a reverse sweep needs.</param>
    public SdeIntegrator(DrivenEquation driven, SdeMethod method, OdeOptions steps, double[] times, Tensor outputs, SdeTrace? trace)
    {
        _driven = driven;
        _method = method;
        _steps = steps;
        _outputs = outputs;
        _trace = trace;
        _progress = new SolveProgress(0, times, steps, outputs.dtype);
        _usualSize = 0.01 * (times[^1] - times[0]);
        using DisposeScope scope = NewDisposeScope();
        State = _method.Begin(new SdeStep(driven, times[0], times[0], false), outputs[0]).clone().DetachFromDisposeScope();
    }

    /// <summary>What the next step starts from.</summary>
    public Tensor State { get; private set; }

    /// <summary>Time of the current state.</summary>
    public double Time => _progress.Time;

    /// <summary>Number of output times reached, the first included.</summary>
    public int ReachedTimes => _progress.ReachedTimes;

    /// <summary>Cost so far.</summary>
    public OdeStatistics Statistics => new(_driven.Evaluations, _progress.AcceptedSteps, _progress.RejectedSteps);

    /// <summary>Runs to the last output time, or until the solve fails.</summary>
    /// <returns>How the solve ended, for each row.</returns>
    public SolveStatus[] Run()
    {
        var control = _steps.StepControl as AdaptiveStepControl;
        bool[]? notFinite = null;
        while (_progress.Status is null)
        {
            _steps.CancellationToken.ThrowIfCancellationRequested();
            if (_progress.StartsSegment && control is not null)
            {
                _progress.SetInitialStep(_progress.AcceptedSteps == 0 ? control.InitialStep ?? _usualSize : _usualSize);
                if (_progress.Status is not null)
                {
                    break;
                }
            }

            notFinite = Take(control);
        }

        SolveStatus status = _progress.Status!.Value;
        return status == SolveStatus.Diverged
            ? [.. notFinite!.Select(row => row ? SolveStatus.Diverged : SolveStatus.StepUnderflow)]
            : [.. Enumerable.Repeat(status, (int)_outputs.shape[1])];
    }

    /// <inheritdoc/>
    public void Dispose() => State.Dispose();

    // Returns which rows are not finite where that is why the step was rejected.
    private bool[]? Take(AdaptiveStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        double size = _progress.NextStep().Size;
        double end = _progress.Time + size;
        var step = new SdeStep(_driven, _progress.Time, end, control is not null);
        SdeStepResult result = Take(_method, step, State);
        double error = control is null ? 0 : WeightedError(result, control);
        if (error <= 1)
        {
            Accept(step, result.State, error);
            return null;
        }

        _usualSize = Math.Min(_usualSize, size);
        _progress.Reject(size, error);
        return double.IsFinite(error) ? null : FiniteRows.FindNotFinite(Solution(result.State).contiguous());
    }

    /// <summary>A step with checks of what it computes.</summary>
    public static SdeStepResult Take(SdeMethod method, SdeStep step, Tensor state)
    {
        SdeStepResult result = method.Advance(step, state) ?? throw new ArgumentException($"{method} returned null.");
        TensorContract.Require(result.State, state, method);
        return result;
    }

    private void Accept(SdeStep step, Tensor state, double error)
    {
        _trace?.Add((step.Time, step.End), State.clone);
        Tensor next = ReferenceEquals(state, State) ? state.clone() : state;
        State.Dispose();
        State = next.DetachFromDisposeScope();
        _reached.Clear();
        _progress.Accept(step.Size, error, _reached);

        // A step that an output cut short says nothing of the size that errors allow.
        _usualSize = _reached.Count == 0 ? step.Size : Math.Max(_usualSize, step.Size);
        foreach (StepOutput reached in _reached)
        {
            _trace?.AddOutput();
            _outputs[reached.Output].copy_(Solution(State));
        }
    }

    private Tensor Solution(Tensor state) => _method.SolutionOf(state, _driven.Dimension);

    private double WeightedError(SdeStepResult result, AdaptiveStepControl control)
    {
        Tensor end = Solution(result.State);
        Tensor error = TensorContract.Require(result.Error, end, _method, " as its estimate of the error");
        Tensor weighted = error / control.Scale(Solution(State), end);
        return weighted.norm().to(ScalarType.Float64).item<double>() / Math.Sqrt(weighted.numel());
    }
}
