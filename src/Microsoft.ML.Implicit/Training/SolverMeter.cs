namespace Microsoft.ML.Implicit.Training;

/// <summary>Counts solves and their iterations or evaluations.</summary>
internal sealed class SolverMeter
{
    private long _iterations;
    private long _solves;

    /// <summary>Counts a solve.</summary>
    public void Add(long iterations)
    {
        _iterations += iterations;
        _solves++;
    }

    /// <summary>Mean iterations a solve since the last call.</summary>
    public double Take()
    {
        double mean = _iterations / (double)Math.Max(_solves, 1);
        (_iterations, _solves) = (0, 0);
        return mean;
    }
}
