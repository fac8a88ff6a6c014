using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>
/// Where a clock stands on its way through its output times, and how it goes on: the solve of all rows with one step size, or that of a row with
/// times and step sizes of its own.
/// </summary>
internal sealed class SolveProgress
{
    private readonly int _clock;
    private readonly double[] _times;
    private readonly OdeOptions _options;
    private readonly OdeSegment[] _segments;
    private readonly double _direction;
    private StepSizeController? _controller;
    private FixedInterval _interval;
    private double _size;
    private double _end;
    private int _segment;

    /// <param name="clock">Which clock: 0 for all rows, or that of a row.</param>
    /// <param name="times">Output times, the first of them that of the initial state.</param>
    /// <param name="options">Method, step control and limits.</param>
    /// <param name="type">Type that the right-hand side is given the time in.</param>
    public SolveProgress(int clock, double[] times, OdeOptions options, ScalarType type)
    {
        _clock = clock;
        _times = times;
        _options = options;
        _direction = Math.Sign(times[^1] - times[0]);
        _segments = OdeSegment.Split(times[0], times[^1], options.JumpTimes, type);
        _controller = CreateController();
        Time = times[0];
        ReachedTimes = 1;
        SkipReached();
        if (_controller is null)
        {
            CheckResolution();
        }
    }

    public double Time { get; private set; }

    /// <summary>Number of leading output times reached.</summary>
    public int ReachedTimes { get; private set; }

    /// <summary>Time of the event that stopped the row; NaN where there was none.</summary>
    public double EventTime { get; private set; } = double.NaN;

    public int AcceptedSteps { get; private set; }

    public int RejectedSteps { get; private set; }

    /// <summary><see langword="null"/> while the row is under way.</summary>
    public SolveStatus? Status { get; private set; }

    /// <summary>The part of the solve that the next step lies in.</summary>
    public OdeSegment Segment => _segments[_segment];

    /// <summary>Whether the next step is the first of its segment, so that it needs an initial size and a first stage of its own.</summary>
    public bool StartsSegment { get; private set; } = true;

    public void SetInitialStep(double size)
    {
        _size = double.IsNaN(size) ? Segment.Length : Math.Min(size, MaximumStep);
        CheckResolution();
    }

    /// <summary>The next step.</summary>
    public OdeStep NextStep() => new(Time, NextSize(), Segment);

    /// <summary>Takes note of a step that met the tolerance.</summary>
    /// <param name="size">Its signed size.</param>
    /// <param name="error">Its weighted error.</param>
    /// <param name="outputs">Receives the outputs in the step.</param>
    public void Accept(double size, double error, List<StepOutput> outputs)
    {
        AcceptedSteps++;
        double end = _end;
        while (ReachedTimes < _times.Length && _direction * (end - _times[ReachedTimes]) >= 0)
        {
            outputs.Add(new StepOutput(_clock, ReachedTimes, _times[ReachedTimes] == end ? 1.0 : (_times[ReachedTimes] - Time) / size));
            ReachedTimes++;
        }

        Time = end;
        _interval = _interval with { Taken = _interval.Taken + 1 };

        // The shortest step is tried before it is given up, so that an error tells whose it is.
        _size = _controller is null ? 0 : Math.Clamp(_controller.AfterAccepted(size, error), AdaptiveSteps.Shortest(Time), MaximumStep);
        EnterSegment();
        Finish();
        if (!StartsSegment)
        {
            CheckResolution();
        }
    }

    /// <summary>Takes note of a step that an event ends.</summary>
    /// <param name="size">Signed size of the step.</param>
    /// <param name="theta">Place of the event in it.</param>
    /// <param name="outputs">Receives the outputs up to the event and, as the last of all outputs, the event itself.</param>
    public void Stop(double size, double theta, List<StepOutput> outputs)
    {
        AcceptedSteps++;
        EventTime = theta == 1 ? _end : Time + (theta * size);
        while (ReachedTimes < _times.Length && _direction * (EventTime - _times[ReachedTimes]) >= 0)
        {
            outputs.Add(new StepOutput(_clock, ReachedTimes, _times[ReachedTimes] == EventTime ? theta : (_times[ReachedTimes] - Time) / size));
            ReachedTimes++;
        }

        outputs.Add(new StepOutput(_clock, _times.Length, theta));
        Time = EventTime;
        Status = SolveStatus.Converged;
    }

    /// <summary>Takes note of a step that did not meet the tolerance.</summary>
    public void Reject(double size, double error)
    {
        RejectedSteps++;
        _size = _controller!.AfterRejected(size, error);
        StartsSegment = false;
        if (AdaptiveSteps.Vanishes(Time, _size, Segment.Length))
        {
            Status = double.IsFinite(error) ? SolveStatus.StepUnderflow : SolveStatus.Diverged;
        }

        Finish();
    }

    /// <summary>Goes on after a failure, where what failed is left out: f jumps here.</summary>
    public void Resume()
    {
        _segments[_segment] = Segment.From(Time);
        _controller = CreateController();
        StartsSegment = true;
        Status = null;
    }

    private double NextSize()
    {
        _end = _options.StepControl is FixedStepControl control ? EndOfFixedStep(control) : AdaptiveSteps.End(Time, _size, _direction, Segment.End);
        return _end - Time;
    }

    // Fixed steps end at outputs.
    private double EndOfFixedStep(FixedStepControl control)
    {
        if (Time == _interval.Stop || _interval.Count == 0)
        {
            double stop = _direction * (Segment.End - _times[ReachedTimes]) > 0 ? _times[ReachedTimes] : Segment.End;
            double count = Math.Max(1, Math.Ceiling(Math.Abs(stop - Time) / control.Size * (1 - 1e-12)));
            _interval = new FixedInterval(Time, stop, count);
        }

        bool resolves = _interval.Count == 1 || OdeArguments.Resolves(_interval.Start, (_interval.Stop - _interval.Start) / _interval.Count);
        return resolves ? _interval.At(_interval.Taken + 1) : Time;
    }

    private double MaximumStep => ((AdaptiveStepControl)_options.StepControl).MaximumStep;

    private StepSizeController? CreateController() => (_options.StepControl as AdaptiveStepControl)?.CreateController(_options.Method.EmbeddedOrder);

    private void EnterSegment()
    {
        StartsSegment = Time == Segment.End && _segment + 1 < _segments.Length;
        if (StartsSegment)
        {
            _segment++;
            _controller = CreateController();
        }
    }

    // Times equal to the first one need no step.
    private void SkipReached()
    {
        while (ReachedTimes < _times.Length && _times[ReachedTimes] == Time)
        {
            ReachedTimes++;
        }

        Finish();
    }

    // A step that does not change the time would be taken for ever.
    private void CheckResolution()
    {
        if (Status is null && NextSize() == 0)
        {
            Status = SolveStatus.StepUnderflow;
        }
    }

    private void Finish()
    {
        if (ReachedTimes == _times.Length)
        {
            Status = SolveStatus.Converged;
        }
        else if (AcceptedSteps + RejectedSteps >= _options.MaximumSteps)
        {
            Status ??= SolveStatus.MaximumIterations;
        }
    }

    /// <summary>An interval that is divided into equal steps.</summary>
    private readonly record struct FixedInterval(double Start, double Stop, double Count, double Taken = 0)
    {
        public double At(double step) => step == Count ? Stop : Start + ((Stop - Start) * (step / Count));
    }
}
