using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

/// <summary>Options for tests that need a trained model but not a good one.</summary>
internal static class QuickOptions
{
    public static NormalizingFlowOptions Create(int epochs = 3, int seed = 1) => new()
    {
        HiddenWidth = 16,
        Training = new TrainingOptions { MaximumEpochs = epochs, BatchSize = 64, Seed = seed },
    };
}
