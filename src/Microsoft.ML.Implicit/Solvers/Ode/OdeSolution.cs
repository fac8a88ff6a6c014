using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Replays;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>The solution of an initial value problem at the requested times.</summary>
public sealed class OdeSolution : IDisposable, ISolutionRecord
{
    private readonly double[] _times;
    private readonly SolveStatus[] _status;

    internal OdeSolution(IOdeTerm term, OdeOptions options, double[] times, Tensor states, SolveStatus[] status, int reachedTimes, OdeStatistics statistics, OdeTrace? trace)
    {
        Term = term;
        Options = options;
        _times = times;
        States = states;
        _status = status;
        ReachedTimes = reachedTimes;
        Statistics = statistics;
        Trace = trace;
    }

    /// <summary>States at the requested times, <c>[times, batch, ...]</c>, with no autograd graph; NaN at times that were not reached.</summary>
    public Tensor States { get; }

    /// <summary>The requested times.</summary>
    public IReadOnlyList<double> Times => _times;

    /// <summary>How the solve ended, for each row of the batch.</summary>
    public IReadOnlyList<SolveStatus> Status => _status;

    /// <summary>Number of leading entries of <see cref="Times"/> that were reached.</summary>
    public int ReachedTimes { get; }

    /// <summary>What the solve cost.</summary>
    public OdeStatistics Statistics { get; }

    /// <summary>Whether every row was solved to the last time.</summary>
    public bool Converged => Status.All(s => s == SolveStatus.Converged);

    internal IOdeTerm Term { get; }

    internal OdeOptions Options { get; }

    internal OdeTrace? Trace { get; }

    /// <summary>Time that the last accepted step ended at.</summary>
    internal double EndTime { get; init; }

    /// <summary>Computes gradients of a scalar from its gradient with respect to <see cref="States"/>.</summary>
    /// <param name="stateGradients">Gradient of the scalar with respect to <see cref="States"/>, <c>[times, batch, ...]</c>.</param>
    /// <param name="timeGradients">Whether gradients of the times are wanted; they cost one evaluation of f for each time.</param>
    /// <returns>Gradients of the initial state, the parameters and, if wanted, the times. The caller disposes them.</returns>
    /// <exception cref="InvalidOperationException">The solve was not asked to be differentiable, or its term is not an <see cref="IDifferentiableOdeTerm"/>.</exception>
    /// <exception cref="SolveFailedException">The solution ends before the last time, so it has no gradient there; or the gradient is not finite, though all that it is computed from is.</exception>
    /// <exception cref="ArgumentException">The gradient's shape is not that of <see cref="States"/>.</exception>
    public OdeGradients Backward(Tensor stateGradients, bool timeGradients = false)
    {
        ArgumentNullException.ThrowIfNull(stateGradients);
        if (!stateGradients.shape.AsSpan().SequenceEqual(States.shape))
        {
            throw new ArgumentException(
                $"The gradient has shape [{string.Join(", ", stateGradients.shape)}], the states have [{string.Join(", ", States.shape)}].", nameof(stateGradients));
        }

        if (Trace is null || Term is not IDifferentiableOdeTerm term)
        {
            throw new InvalidOperationException($"Solve with differentiable: true and a term that implements {nameof(IDifferentiableOdeTerm)} to get gradients.");
        }

        SolveFailure.ThrowIfAny(this);
        return OdeGradient.Compute(this, term, stateGradients, timeGradients);
    }

    IReadOnlyList<Tensor> ISolutionRecord.Checkpoints => Trace!.Checkpoints;

    long[] ISolutionRecord.TimesShape => [_times.Length];

    ISolutionRecord ISolutionRecord.WithTensors(Tensor? states, IReadOnlyList<Tensor> checkpoints) =>
        new OdeSolution(Term, Options, _times, states!, _status, ReachedTimes, Statistics, Trace?.WithCheckpoints(checkpoints)) { EndTime = EndTime };

    OdeGradients ISolutionRecord.Differentiate(Tensor stateGradients, bool timeGradients) => Backward(stateGradients, timeGradients);

    Tensor ISolutionRecord.Replay(IReadOnlyList<Tensor> parameters, Tensor start)
    {
        var term = (IDifferentiableOdeTerm)Term;
        Backpropagation.EnsureFollowed(term, _times[0], start.detach().requires_grad_());
        Tensor first = start.unsqueeze(0);
        return _times.Length == 1 ? first : cat([first, Backpropagation.Replay(this, IRebindableOdeTerm.Bind(term, parameters), start).view([-1, .. start.shape])]);
    }

    Tensor ISolutionRecord.Slopes(IReadOnlyList<Tensor>? parameters, Tensor states)
    {
        IOdeTerm term = parameters is null ? Term : IRebindableOdeTerm.Bind(Term, parameters);
        OdeSegment[] segments = OdeSegment.Split(_times[0], _times[^1], Options.JumpTimes, states.dtype);
        return stack([.. _times.Select((time, k) => term.EvaluateChecked(OdeSegment.ClampArrival(segments, time), states[k]))]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        States.Dispose();
        Trace?.Dispose();
    }
}
