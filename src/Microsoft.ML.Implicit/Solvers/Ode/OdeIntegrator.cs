namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>Drives a stepper through the output times with one step size common to all rows.</summary>
internal sealed class OdeIntegrator
{
    private readonly OdeStepper _stepper;
    private readonly double[] _times;
    private readonly OdeOptions _options;
    private readonly OdeTrace? _trace;
    private readonly double _direction;
    private readonly double[] _thetas;
    private int _accepted;
    private int _rejected;

    public OdeIntegrator(OdeStepper stepper, double[] times, OdeOptions options, OdeTrace? trace)
    {
        _stepper = stepper;
        _times = times;
        _options = options;
        _trace = trace;
        _direction = Math.Sign(times[^1] - times[0]);
        _thetas = new double[times.Length];
    }

    /// <summary>Number of output times reached, the first included.</summary>
    public int ReachedTimes { get; private set; } = 1;

    /// <summary>Cost so far.</summary>
    public OdeStatistics Statistics => new(_stepper.Evaluations, _accepted, _rejected);

    /// <summary>Runs to the last output time, or until the solve fails.</summary>
    /// <returns>How the solve ended, for each row.</returns>
    public SolveStatus[] Run() => _options.StepControl is PiStepControl control ? RunAdaptive(control) : RunFixed((FixedStepControl)_options.StepControl);

    private SolveStatus[] RunFixed(FixedStepControl control)
    {
        while (ReachedTimes < _times.Length)
        {
            double start = _times[ReachedTimes - 1];
            double interval = _times[ReachedTimes] - start;
            double count = Math.Max(1, Math.Ceiling(Math.Abs(interval) / control.Size * (1 - 1e-12)));
            for (int i = 0; i < count; i++)
            {
                if (IsExhausted())
                {
                    return All(SolveStatus.MaximumIterations);
                }

                double time = start + interval * (i / count);
                double end = i + 1 == count ? _times[ReachedTimes] : start + interval * ((i + 1) / count);
                _stepper.TryStep(time, end - time, null);
                AcceptStep(time, end - time, i + 1 == count ? end : double.NaN);
            }
        }

        return All(SolveStatus.Converged);
    }

    private SolveStatus[] RunAdaptive(PiStepControl control)
    {
        if (_times.Length == 1)
        {
            return All(SolveStatus.Converged);
        }

        double time = _times[0];
        double final = _times[^1];
        double smallest = _stepper.Epsilon * Math.Abs(final - time);
        double size = control.InitialStep ?? _stepper.EstimateInitialStep(time, _direction, control);
        size = double.IsNaN(size) ? Math.Abs(final - time) : Math.Min(size, control.MaximumStep);
        var controller = new PiStepController(control, _options.Method.EmbeddedOrder);
        while (ReachedTimes < _times.Length)
        {
            if (IsExhausted())
            {
                return All(SolveStatus.MaximumIterations);
            }

            // A last step a hair short of the end would leave a remainder that is all rounding.
            double remaining = Math.Abs(final - time);
            bool isLast = size * (1 + 1e-6) >= remaining;
            double signed = _direction * (isLast ? remaining : size);
            double error = _stepper.TryStep(time, signed, control);
            if (error <= 1)
            {
                double end = isLast ? final : time + signed;
                AcceptStep(time, signed, end);
                time = end;
                size = Math.Min(Math.Abs(signed) * controller.Accept(error), control.MaximumStep);
                continue;
            }

            _rejected++;
            size = Math.Abs(signed) * controller.Reject(error);
            if (size <= smallest || time + _direction * size == time)
            {
                return Failed(error);
            }
        }

        return All(SolveStatus.Converged);
    }

    private void AcceptStep(double time, double size, double end)
    {
        _accepted++;
        _trace?.AddStep(new OdeStep(time, size, _stepper.EarlierSlopes), _stepper);
        int first = ReachedTimes;
        while (ReachedTimes < _times.Length && _direction * (end - _times[ReachedTimes]) >= 0)
        {
            double theta = _times[ReachedTimes] == end ? 1.0 : (_times[ReachedTimes] - time) / size;
            _thetas[ReachedTimes++ - first] = theta;
            _trace?.AddOutput(theta);
        }

        if (ReachedTimes > first)
        {
            _stepper.WriteOutputs(first, _thetas.AsSpan(0, ReachedTimes - first));
        }

        _stepper.Accept();
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
