using Microsoft.ML.Implicit.Solvers.Optimization;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>Settings of <see cref="CurveFitter"/>.</summary>
public sealed record CurveFitOptions
{
    /// <summary>Where to set out, by the names of parameters. Parameters that it lacks are searched for, among many starts in the units of the data.</summary>
    public IReadOnlyDictionary<string, double> StartingValues { get; init; } = new Dictionary<string, double>();

    /// <summary>Lower bounds, by the names of parameters.</summary>
    public IReadOnlyDictionary<string, double> LowerBounds { get; init; } = new Dictionary<string, double>();

    /// <summary>Upper bounds, by the names of parameters.</summary>
    public IReadOnlyDictionary<string, double> UpperBounds { get; init; } = new Dictionary<string, double>();

    /// <summary>Loss of a weighted residual.</summary>
    public RobustLoss Loss { get; init; } = RobustLoss.Squares;

    /// <summary>Tolerance and limit of each search.</summary>
    public LeastSquaresSettings Search { get; init; } = new();

    /// <summary>Threads that share the rows; 0 for as many as there are processors.</summary>
    public int MaximumParallelism { get; init; }
}
