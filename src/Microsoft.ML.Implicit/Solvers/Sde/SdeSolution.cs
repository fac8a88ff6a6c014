using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>The solution of a stochastic differential equation at the requested times.</summary>
public sealed class SdeSolution : IDisposable
{
    private readonly double[] _times;
    private readonly SolveStatus[] _status;

    internal SdeSolution(Tensor states, double[] times, SolveStatus[] status, int reachedTimes, double endTime, OdeStatistics statistics)
    {
        States = states;
        _times = times;
        _status = status;
        ReachedTimes = reachedTimes;
        EndTime = endTime;
        Statistics = statistics;
    }

    /// <summary>States at the requested times, <c>[times, rows, dimension]</c>, with no autograd graph; NaN at times that were not reached.</summary>
    public Tensor States { get; }

    /// <summary>The requested times.</summary>
    public IReadOnlyList<double> Times => _times;

    /// <summary>How the solve ended, for each row.</summary>
    public IReadOnlyList<SolveStatus> Status => _status;

    /// <summary>Number of leading entries of <see cref="Times"/> that were reached.</summary>
    public int ReachedTimes { get; }

    /// <summary>What the solve cost; evaluations are those of the drift.</summary>
    public OdeStatistics Statistics { get; }

    /// <summary>Whether every row was solved to the last time.</summary>
    public bool Converged => Status.All(s => s == SolveStatus.Converged);

    /// <summary>Time that the last accepted step ended at.</summary>
    internal double EndTime { get; }

    /// <inheritdoc/>
    public void Dispose() => States.Dispose();
}
