using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>The solution of an initial value problem whose rows have times and step sizes of their own.</summary>
public sealed class OdeRowSolution : IDisposable, ISolutionRecord
{
    internal OdeRowSolution(
        IRowTimeOdeTerm term, OdeOptions options, IReadOnlyList<double[]> times, Tensor states, IReadOnlyList<SolveStatus> status, IReadOnlyList<OdeStatistics> statistics, RowwiseTrace? trace)
    {
        Term = term;
        Options = options;
        Times = times;
        States = states;
        Status = status;
        Statistics = statistics;
        Trace = trace;
    }

    /// <summary>States at each row's times, <c>[times, batch, ...]</c>, with no autograd graph; NaN at times that a row did not reach.</summary>
    public Tensor States { get; }

    /// <summary>Times of each row.</summary>
    public IReadOnlyList<double[]> Times { get; }

    /// <summary>Time at which the event stopped each row, NaN where there was none; <see langword="null"/> without an event.</summary>
    public IReadOnlyList<double>? EventTimes { get; internal init; }

    /// <summary>State at which the event stopped each row, <c>[batch, ...]</c>, NaN where there was none; <see langword="null"/> without an event.</summary>
    public Tensor? EventStates { get; internal init; }

    /// <summary>How the solve ended, for each row.</summary>
    public IReadOnlyList<SolveStatus> Status { get; }

    /// <summary>What each row cost; evaluations are those of the whole batch.</summary>
    public IReadOnlyList<OdeStatistics> Statistics { get; }

    /// <summary>Whether every row was solved to its last time.</summary>
    public bool Converged => Status.All(s => s == SolveStatus.Converged);

    internal IRowTimeOdeTerm Term { get; }

    internal OdeOptions Options { get; }

    internal OdeEvent? Event { get; init; }

    internal RowwiseTrace? Trace { get; }

    /// <summary>Time that the last accepted step of each row ended at.</summary>
    internal IReadOnlyList<double> EndTimes { get; init; } = [];

    /// <summary>Computes gradients of a scalar from its gradient with respect to <see cref="States"/>.</summary>
    /// <param name="stateGradients">Gradient with respect to <see cref="States"/>, <c>[times, batch, ...]</c>.</param>
    /// <param name="eventTimeGradients">Gradient with respect to <see cref="EventTimes"/>, <c>[batch]</c>.</param>
    /// <param name="eventStateGradients">Gradient with respect to <see cref="EventStates"/>, <c>[batch, ...]</c>.</param>
    /// <param name="timeGradients">
    /// Whether gradients of <see cref="Times"/> are wanted; they cost one evaluation of f for each output time. That of a time
    /// which a row did not reach, since an event stopped it, is zero.
    /// </param>
    /// <returns>
    /// Gradients of the initial state and the parameters, exact for the discrete solution, and, if wanted, of the times. The caller
    /// disposes them.
    /// </returns>
    /// <exception cref="InvalidOperationException">The solve was not asked to be differentiable.</exception>
    /// <exception cref="SolveFailedException">A row was not solved to its last time; or the gradient is not finite, though all that it is computed from is.</exception>
    /// <exception cref="ArgumentException">The gradient's shape is not that of <see cref="States"/>.</exception>
    public OdeGradients Backward(Tensor stateGradients, Tensor? eventTimeGradients = null, Tensor? eventStateGradients = null, bool timeGradients = false)
    {
        ArgumentNullException.ThrowIfNull(stateGradients);
        if (Trace is null)
        {
            throw new InvalidOperationException("Solve with differentiable: true to get gradients.");
        }

        if (!stateGradients.shape.AsSpan().SequenceEqual(States.shape))
        {
            throw new ArgumentException($"The gradient has shape [{string.Join(", ", stateGradients.shape)}], the states have [{string.Join(", ", States.shape)}].", nameof(stateGradients));
        }

        SolveFailure.ThrowIfAny(this);
        if (Event is null && (eventTimeGradients is not null || eventStateGradients is not null))
        {
            throw new InvalidOperationException("The solve had no event.");
        }

        return RowwiseGradient.Compute(this, stateGradients, eventTimeGradients, eventStateGradients, timeGradients);
    }

    IReadOnlyList<Tensor> ISolutionRecord.Checkpoints => Trace!.Checkpoints;

    long[] ISolutionRecord.TimesShape => [Times.Count, Times[0].Length];

    ISolutionRecord ISolutionRecord.WithTensors(Tensor? states, IReadOnlyList<Tensor> checkpoints) =>
        new OdeRowSolution(Term, Options, Times, states!, Status, Statistics, Trace?.WithCheckpoints(checkpoints)) { EndTimes = EndTimes };

    OdeGradients ISolutionRecord.Differentiate(Tensor stateGradients, bool timeGradients) => Backward(stateGradients, timeGradients: timeGradients);

    Tensor ISolutionRecord.Replay(IReadOnlyList<Tensor> parameters, Tensor start) => RowwiseReplay.Run(this, IRebindableOdeTerm.Bind(Term, parameters), start);

    Tensor ISolutionRecord.Slopes(IReadOnlyList<Tensor>? parameters, Tensor states)
    {
        IRowTimeOdeTerm term = parameters is null ? Term : IRebindableOdeTerm.Bind(Term, parameters);
        double[][] clamped =
        [
            .. Times.Select(own =>
            {
                OdeSegment[] segments = OdeSegment.Split(own[0], own[^1], Options.JumpTimes, states.dtype);
                return own.Select(time => OdeSegment.ClampArrival(segments, time)).ToArray();
            }),
        ];
        Tensor times = RowTimes.ToTensor(clamped, states.dtype, states.device);
        return stack([.. Enumerable.Range(0, Times[0].Length).Select(k => TensorContract.Require(term.Evaluate(times[k], states[k]), states[k], term))]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        States.Dispose();
        EventStates?.Dispose();
        Trace?.Dispose();
    }
}
