using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>Drives a stepper through the output times with one step size common to all rows.</summary>
internal sealed class OdeIntegrator
{
    private readonly OdeStepper _stepper;
    private readonly OdeOptions _options;
    private readonly OdeTrace? _trace;
    private readonly SolveProgress _progress;
    private readonly List<(int Output, double Theta)> _reached = [];

    /// <param name="stepper">Takes the steps.</param>
    /// <param name="times">Output times.</param>
    /// <param name="options">Step control and limits.</param>
    /// <param name="type">Type of the state.</param>
    /// <param name="trace">Records what a reverse sweep needs.</param>
    public OdeIntegrator(OdeStepper stepper, double[] times, OdeOptions options, ScalarType type, OdeTrace? trace)
    {
        _stepper = stepper;
        _options = options;
        _trace = trace;
        _progress = new SolveProgress(times, options, type);
    }

    /// <summary>Number of output times reached, the first included.</summary>
    public int ReachedTimes => _progress.ReachedTimes;

    /// <summary>Time of the current state.</summary>
    public double Time => _progress.Time;

    /// <summary>Cost so far.</summary>
    public OdeStatistics Statistics => new(_stepper.Evaluations, _progress.AcceptedSteps, _progress.RejectedSteps);

    /// <summary>Runs to the last output time, or until the solve fails.</summary>
    /// <returns>How the solve ended, for each row.</returns>
    public SolveStatus[] Run()
    {
        var control = _options.StepControl as AdaptiveStepControl;
        while (_progress.Status is null)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            if (_progress.StartsSegment && !TryBeginSegment(control))
            {
                break;
            }

            double time = _progress.Time;
            var step = new OdeStep(time, _progress.NextStep(), _progress.Segment);
            double error = _stepper.TryStep(step, control);
            if (error <= 1)
            {
                Accept(step, error);
            }
            else
            {
                _progress.Reject(step.Size, error);
            }
        }

        // What is not finite is so in some rows only.
        SolveStatus status = _progress.Status!.Value;
        return status == SolveStatus.Diverged
            ? [.. _stepper.FindRowsNotFinite().Select(notFinite => notFinite ? SolveStatus.Diverged : SolveStatus.StepUnderflow)]
            : [.. Enumerable.Repeat(status, _stepper.RowCount)];
    }

    private bool TryBeginSegment(AdaptiveStepControl? control)
    {
        if (_progress.AcceptedSteps > 0)
        {
            _stepper.Restart();
        }

        if (control is not null)
        {
            _progress.SetInitialStep(control.InitialStep ?? _stepper.EstimateInitialStep(_progress.Segment, control));
        }

        return _progress.Status is null;
    }

    private void Accept(OdeStep step, double error)
    {
        _trace?.AddStep(step with { EarlierSlopes = _stepper.EarlierSlopes }, _stepper.CopyState);
        _reached.Clear();
        _progress.Accept(step.Size, error, _reached);
        if (_reached.Count > 0)
        {
            double[] thetas = [.. _reached.Select(output => output.Theta)];
            _trace?.AddOutputs(thetas);
            _stepper.WriteOutputs(_reached[0].Output, thetas);
        }

        _stepper.Accept();
    }
}
