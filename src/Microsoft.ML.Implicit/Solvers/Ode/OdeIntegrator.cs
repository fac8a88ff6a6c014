using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>Drives a stepper through the output times with one step size common to all rows.</summary>
internal sealed class OdeIntegrator
{
    // Times are kept in double precision whatever the type of the state.
    private static readonly double TimeResolution = OdeArguments.Epsilon(ScalarType.Float64);

    private readonly OdeStepper _stepper;
    private readonly double[] _times;
    private readonly OdeOptions _options;
    private readonly OdeTrace? _trace;
    private readonly OdeSegment[] _segments;
    private readonly double _direction;
    private readonly double[] _thetas;
    private int _accepted;
    private int _rejected;

    /// <param name="stepper">Takes the steps.</param>
    /// <param name="times">Output times.</param>
    /// <param name="segments">The parts of the solve.</param>
    /// <param name="options">Step control and limits.</param>
    /// <param name="trace">Records what a reverse sweep needs.</param>
    public OdeIntegrator(OdeStepper stepper, double[] times, OdeSegment[] segments, OdeOptions options, OdeTrace? trace)
    {
        _stepper = stepper;
        _times = times;
        _segments = segments;
        _options = options;
        _trace = trace;
        _direction = Math.Sign(times[^1] - times[0]);
        _thetas = new double[times.Length];
        Time = times[0];
    }

    /// <summary>Number of output times reached, the first included.</summary>
    public int ReachedTimes { get; private set; } = 1;

    /// <summary>Time of the current state.</summary>
    public double Time { get; private set; }

    /// <summary>Cost so far.</summary>
    public OdeStatistics Statistics => new(_stepper.Evaluations, _accepted, _rejected);

    /// <summary>Runs to the last output time, or until the solve fails.</summary>
    /// <returns>How the solve ended, for each row.</returns>
    public SolveStatus[] Run()
    {
        for (int i = 0; i < _segments.Length && Time != _times[^1]; i++)
        {
            if (i > 0)
            {
                _stepper.Restart();
            }

            SolveStatus[]? failure = _options.StepControl is AdaptiveStepControl control ? RunAdaptive(_segments[i], control) : RunFixed(_segments[i], (FixedStepControl)_options.StepControl);
            if (failure is not null)
            {
                return failure;
            }
        }

        return All(SolveStatus.Converged);
    }

    // Both return null where the end of the segment was reached.
    private SolveStatus[]? RunFixed(OdeSegment segment, FixedStepControl control)
    {
        while (Time != segment.End)
        {
            double start = Time;
            double stop = _direction * (segment.End - _times[ReachedTimes]) > 0 ? _times[ReachedTimes] : segment.End;
            double interval = stop - start;
            double count = Math.Max(1, Math.Ceiling(Math.Abs(interval) / control.Size * (1 - 1e-12)));
            if (count > 1 && !OdeArguments.Resolves(start, interval / count))
            {
                return All(SolveStatus.StepUnderflow);
            }

            for (int i = 0; i < count; i++)
            {
                if (IsExhausted())
                {
                    return All(SolveStatus.MaximumIterations);
                }

                bool isLast = i + 1 == count;
                double time = start + interval * (i / count);
                double end = isLast ? stop : start + interval * ((i + 1) / count);
                var step = new OdeStep(time, end - time, segment);
                _stepper.TryStep(step, null);
                AcceptStep(step, end, reachesOutputs: isLast);
            }
        }

        return null;
    }

    private SolveStatus[]? RunAdaptive(OdeSegment segment, AdaptiveStepControl control)
    {
        double smallest = TimeResolution * segment.Length;
        double size = control.InitialStep ?? _stepper.EstimateInitialStep(segment, control);
        size = double.IsNaN(size) ? segment.Length : Math.Min(size, control.MaximumStep);
        StepSizeController controller = control.CreateController(_options.Method.EmbeddedOrder);
        while (Time != segment.End)
        {
            if (IsExhausted())
            {
                return All(SolveStatus.MaximumIterations);
            }

            // A last step a hair short of the end would leave a remainder that is all rounding.
            double remaining = Math.Abs(segment.End - Time);
            bool isLast = size * (1 + 1e-6) >= remaining;
            double end = isLast ? segment.End : Time + (_direction * size);
            if (end == Time)
            {
                return All(SolveStatus.StepUnderflow);
            }

            // Far from zero the next time is a rounded one: the step goes just there.
            var step = new OdeStep(Time, end - Time, segment);
            double error = _stepper.TryStep(step, control);
            if (error <= 1)
            {
                AcceptStep(step, end, reachesOutputs: true);
                size = Math.Min(controller.AfterAccepted(step.Size, error), control.MaximumStep);
                continue;
            }

            _rejected++;
            size = controller.AfterRejected(step.Size, error);
            if (size <= smallest || Time + _direction * size == Time)
            {
                return Failed(error);
            }
        }

        return null;
    }

    private void AcceptStep(OdeStep step, double end, bool reachesOutputs)
    {
        _accepted++;
        _trace?.AddStep(step with { EarlierSlopes = _stepper.EarlierSlopes }, _stepper);
        int first = ReachedTimes;
        while (reachesOutputs && ReachedTimes < _times.Length && _direction * (end - _times[ReachedTimes]) >= 0)
        {
            double theta = _times[ReachedTimes] == end ? 1.0 : (_times[ReachedTimes] - step.Time) / step.Size;
            _thetas[ReachedTimes++ - first] = theta;
            _trace?.AddOutput(theta);
        }

        if (ReachedTimes > first)
        {
            _stepper.WriteOutputs(first, _thetas.AsSpan(0, ReachedTimes - first));
        }

        _stepper.Accept();
        Time = end;
    }

    private bool IsExhausted()
    {
        _options.CancellationToken.ThrowIfCancellationRequested();
        return _accepted + _rejected >= _options.MaximumSteps;
    }

    private SolveStatus[] Failed(double error)
    {
        if (double.IsFinite(error))
        {
            return All(SolveStatus.StepUnderflow);
        }

        return [.. _stepper.FindRowsNotFinite().Select(notFinite => notFinite ? SolveStatus.Diverged : SolveStatus.StepUnderflow)];
    }

    private SolveStatus[] All(SolveStatus status)
    {
        SolveStatus[] statuses = new SolveStatus[_stepper.RowCount];
        Array.Fill(statuses, status);
        return statuses;
    }
}
