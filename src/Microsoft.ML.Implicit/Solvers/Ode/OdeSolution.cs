using System.Collections.Immutable;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Replays;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>The solution of an initial value problem, whose rows took steps together or each its own.</summary>
public sealed class OdeSolution : IDisposable
{
    internal OdeSolution(StepScheme scheme, OdeOptions options, IReadOnlyList<double[]> times, Tensor states, IReadOnlyList<SolveStatus> status, IReadOnlyList<SolveProgress> clocks, OdeTrace? trace)
    {
        Scheme = scheme;
        Options = options;
        Times = times;
        States = states;
        Status = status;
        Clocks = clocks;
        Trace = trace;
    }

    /// <summary>States at the requested times, <c>[times, batch, ...]</c>, with no autograd graph; NaN at times that a row did not reach.</summary>
    public Tensor States { get; }

    /// <summary>The requested times: one list for all rows, or one for each row where rows have times of their own.</summary>
    public IReadOnlyList<double[]> Times { get; }

    /// <summary>How the solve ended, for each row of the batch.</summary>
    public IReadOnlyList<SolveStatus> Status { get; }

    /// <summary>Number of leading times that every row reached.</summary>
    public int ReachedTimes => Status.Count == 0 ? (int)States.shape[0] : Clocks.Select(clock => clock.ReachedTimes).Concat(Failures.Values.Select(failure => failure.ReachedTimes)).Min();

    /// <summary>What the solve cost: the steps are those of all rows together where each took its own.</summary>
    public OdeStatistics Statistics => new(Evaluations, Clocks.Sum(clock => clock.AcceptedSteps), Clocks.Sum(clock => clock.RejectedSteps));

    /// <summary>What each row cost, one entry for all rows where they took steps together; evaluations are those of the whole batch.</summary>
    public IReadOnlyList<OdeStatistics> RowStatistics => [.. Clocks.Select(clock => new OdeStatistics(Evaluations, clock.AcceptedSteps, clock.RejectedSteps))];

    /// <summary>Time at which the event stopped each row, NaN where there was none; <see langword="null"/> without an event.</summary>
    public IReadOnlyList<double>? EventTimes { get; internal init; }

    /// <summary>State at which the event stopped each row, <c>[batch, ...]</c>, NaN where there was none; <see langword="null"/> without an event.</summary>
    public Tensor? EventStates { get; internal init; }

    /// <summary>Whether every row was solved to its last time.</summary>
    public bool Converged => Status.All(s => s == SolveStatus.Converged);

    internal StepScheme Scheme { get; }

    internal OdeOptions Options { get; }

    internal OdeTrace? Trace { get; }

    /// <summary>Whether each row has times of its own.</summary>
    internal bool HasRowTimes => Scheme.HasRowTimes;

    /// <summary>Where each clock came to: that of all rows, or that of each row.</summary>
    internal IReadOnlyList<SolveProgress> Clocks { get; }

    /// <summary>Rows that ended before those that they shared steps with.</summary>
    internal IReadOnlyDictionary<int, RowFailure> Failures { get; init; } = ImmutableDictionary<int, RowFailure>.Empty;

    /// <summary>Evaluations of f.</summary>
    internal int Evaluations { get; init; }

    /// <summary>First time of each clock.</summary>
    internal double[] StartTimes => [.. Times.Select(own => own[0])];

    /// <summary>Computes gradients of a scalar from its gradient with respect to <see cref="States"/>.</summary>
    /// <param name="stateGradients">Gradient of the scalar with respect to <see cref="States"/>, <c>[times, batch, ...]</c>.</param>
    /// <param name="eventTimeGradients">Gradient with respect to <see cref="EventTimes"/>, <c>[batch]</c>.</param>
    /// <param name="eventStateGradients">Gradient with respect to <see cref="EventStates"/>, <c>[batch, ...]</c>.</param>
    /// <param name="timeGradients">
    /// Whether gradients of the times are wanted; they cost one evaluation of f for each time. That of a time which a row did not reach,
    /// since an event stopped it, is zero.
    /// </param>
    /// <returns>Gradients of the initial state, the parameters and, if wanted, the times. The caller disposes them.</returns>
    /// <exception cref="InvalidOperationException">The solve was not asked to be differentiable, its term is not an <see cref="IDifferentiableOdeTerm"/>, or it had no event.</exception>
    /// <exception cref="SolveFailedException">A row has a gradient that is not zero at a time that it did not reach; rows and times whose gradients are zero take no part. Or the gradient is not finite, though all that it is computed from is.</exception>
    /// <exception cref="ArgumentException">The gradient's shape is not that of <see cref="States"/>.</exception>
    public OdeGradients Backward(Tensor stateGradients, Tensor? eventTimeGradients = null, Tensor? eventStateGradients = null, bool timeGradients = false)
    {
        ArgumentNullException.ThrowIfNull(stateGradients);
        if (!stateGradients.shape.AsSpan().SequenceEqual(States.shape))
        {
            throw new ArgumentException(
                $"The gradient has shape [{string.Join(", ", stateGradients.shape)}], the states have [{string.Join(", ", States.shape)}].", nameof(stateGradients));
        }

        if (Trace is null || Scheme.Parameters is null)
        {
            throw new InvalidOperationException($"Solve with differentiable: true and a term that implements {nameof(IDifferentiableOdeTerm)} to get gradients.");
        }

        if (Scheme.Event is null && (eventTimeGradients is not null || eventStateGradients is not null))
        {
            throw new InvalidOperationException("The solve had no event.");
        }

        using DisposeScope scope = NewDisposeScope();
        if (Status.Count == 0)
        {
            return GradientsOfNoRows(Scheme.Parameters, timeGradients);
        }

        OdeSolution followed = FollowedSolution.Of(this, stateGradients, eventTimeGradients, eventStateGradients);
        OdeGradients gradients = OdeGradient.Compute(followed, stateGradients.narrow(0, 0, followed.States.shape[0]), eventTimeGradients, eventStateGradients, timeGradients);
        gradients = gradients with { Times = gradients.Times is { } found ? AtAllTimes(found) : null };
        scope.MoveToOuter(gradients.InitialState, gradients.Parameters);
        gradients.Times?.MoveToOuterDisposeScope();
        return gradients;
    }

    /// <summary>The solution of a batch without rows.</summary>
    internal static OdeSolution OfNoRows(StepScheme scheme, Tensor start, double[][] times, OdeOptions options, bool differentiable)
    {
        Tensor states = start.unsqueeze(0).expand([times.Length == 0 ? 0 : times[0].Length, .. start.shape]).clone();
        return new OdeSolution(scheme, options, times, states.MoveToOuterDisposeScope(), [], [], differentiable ? new OdeTrace(scheme.CheckpointLimit(options)) : null)
        {
            EventTimes = scheme.Event is null ? null : [],
            EventStates = scheme.Event is null ? null : start.clone().MoveToOuterDisposeScope(),
        };
    }

    private OdeGradients GradientsOfNoRows(IReadOnlyList<Tensor> parameters, bool timeGradients)
    {
        Tensor initialState = zeros(States.shape[1..], States.dtype, States.device).MoveToOuterDisposeScope();
        Tensor ofParameters = zeros(parameters.Sum(parameter => parameter.numel()), States.dtype, States.device).MoveToOuterDisposeScope();
        long[] shape = HasRowTimes ? [0, States.shape[0]] : [States.shape[0]];
        return new OdeGradients(initialState, ofParameters, timeGradients ? zeros(shape, ScalarType.Float64).MoveToOuterDisposeScope() : null);
    }

    /// <summary>The same for some of its steps and its leading times.</summary>
    internal OdeSolution With(StepScheme scheme, OdeTrace trace, int times) =>
        new(scheme, Options, [.. Times.Select(own => own[..times])], States.narrow(0, 0, times), Status, Clocks, trace) { Evaluations = Evaluations, Failures = Failures, EventTimes = EventTimes, EventStates = EventStates };

    /// <summary>Gradients of leading times with zeros for the others.</summary>
    internal Tensor AtAllTimes(Tensor gradients)
    {
        long missing = Times[0].Length - gradients.shape[^1];
        return missing == 0 ? gradients : nn.functional.pad(gradients, [0, missing]);
    }

    /// <summary>The same record with other tensors, which autograd owns.</summary>
    internal OdeSolution WithTensors(Tensor? states, IReadOnlyList<Tensor> checkpoints) =>
        new(Scheme, Options, Times, states!, Status, Clocks, Trace?.WithCheckpoints(checkpoints)) { Evaluations = Evaluations, Failures = Failures };

    /// <summary>Repeats the accepted steps by operations that autograd follows.</summary>
    /// <param name="parameters">What to take in the place of the term's parameters.</param>
    /// <param name="start">Initial state, <c>[batch, ...]</c>.</param>
    /// <returns>States at all times, <c>[times, batch, ...]</c>.</returns>
    internal Tensor Replay(IReadOnlyList<Tensor> parameters, Tensor start)
    {
        Scheme.EnsureFollowed(StartTimes, start.detach().requires_grad_());
        return Backpropagation.Replay(this, Scheme.Bind(parameters), start);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        States.Dispose();
        EventStates?.Dispose();
        Trace?.Dispose();
    }
}
