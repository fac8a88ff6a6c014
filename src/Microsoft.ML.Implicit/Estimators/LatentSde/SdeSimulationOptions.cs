using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of a simulation.</summary>
/// <param name="OutputColumnName">Column that receives the paths.</param>
/// <param name="PathCount">Number of paths of a row.</param>
/// <param name="Seed">Seed of the noise.</param>
internal sealed record SdeSimulationOptions(string OutputColumnName, int PathCount, long Seed) : IEstimatorOptions
{
    public const int MostPaths = 100_000;

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.OutputColumns => [("outputColumnName", OutputColumnName)];

    void IEstimatorOptions.Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(OutputColumnName, "outputColumnName");
        Setting.Require(PathCount is >= 1 and <= MostPaths, "pathCount", "must lie between 1 and 100,000");
    }
}
