using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>Options for tests that need a trained forecaster but not a good one.</summary>
internal static class QuickOptions
{
    public static LatentOdeOptions Create(int epochs = 2, int seed = 1) => new()
    {
        TimeColumnName = nameof(WaveRow.Time),
        InputColumnNames = [nameof(WaveRow.Sine), nameof(WaveRow.Cosine)],
        Horizon = [0.5, 1, 2],
        ConfidenceLowerBoundColumn = "Lower",
        ConfidenceUpperBoundColumn = "Upper",
        LatentWidth = 4,
        HiddenWidth = 8,
        SolverSteps = 4,
        EnsembleSize = 1,
        Training = new TrainingOptions { MaximumEpochs = epochs, BatchSize = 64, Seed = seed },
    };
}
