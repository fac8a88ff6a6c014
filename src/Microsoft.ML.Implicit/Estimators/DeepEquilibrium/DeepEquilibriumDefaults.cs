using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What the deep-equilibrium trainers choose where the options leave it open: few rows want strong regularisation and small steps, many rows neither.</summary>
internal static class DeepEquilibriumDefaults
{
    private const double WeightDecay = 0.05;
    private const double WeightDecayOfFewRows = 0.5;

    // Few rows are learned by heart in many steps.
    private const long StepsPerRow = 3;
    private const long MinimumSteps = 700;
    private const long MaximumSteps = 3000;

    private const long FewRows = 500;
    private const long ManyRows = 5000;
    private const long RowsThatAffordValidation = 10_000;

    private const int EnsembleSizeOfFewRows = 5;

    public static TrainingDefaults Training(EquilibriumCellKind cell, long rows) => cell == EquilibriumCellKind.Dense
        ? new TrainingDefaults(
            (int)Math.Clamp(StepsPerRow * rows, MinimumSteps, MaximumSteps),
            rows < ManyRows ? 2e-3 : 5e-3,
            rows < FewRows ? WeightDecayOfFewRows : WeightDecay)
        : new TrainingDefaults(Steps: 600, 3e-3, WeightDecay, MinimumEpochs: 15, MaximumBatchSize: 64);

    public static double Dropout(long rows) => rows switch
    {
        < FewRows => 0.5,
        < ManyRows => 0.3,
        _ => 0.1,
    };

    public static int EnsembleSize(EquilibriumCellKind cell, long rows) => cell == EquilibriumCellKind.Dense && rows < FewRows ? EnsembleSizeOfFewRows : 1;

    public static double ValidationFraction(long rows) => rows < RowsThatAffordValidation ? 0 : 0.1;
}
