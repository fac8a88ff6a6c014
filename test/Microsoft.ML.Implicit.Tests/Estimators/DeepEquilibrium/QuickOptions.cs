using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>Options for tests that need a trained model but not a good one.</summary>
internal static class QuickOptions
{
    public static DeepEquilibriumOptions Create(int epochs = 10, int seed = 1) => new()
    {
        HiddenWidth = 16,
        EnsembleSize = 1,
        Training = new TrainingOptions { MaximumEpochs = epochs, BatchSize = 32, Seed = seed },
    };
}
