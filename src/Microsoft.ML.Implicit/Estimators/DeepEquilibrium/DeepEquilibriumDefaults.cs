using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What the deep-equilibrium trainers choose where the options leave it open: few rows want strong regularisation and small steps, many rows neither.</summary>
internal static class DeepEquilibriumDefaults
{
    private const long FewRows = 500;
    private const long ManyRows = 5000;
    private const long RowsThatAffordValidation = 10_000;

    private const double WeightDecay = 0.05;

    // Without it a classifier of few rows grows ever surer of itself; a squared error ends that by itself.
    private const double WeightDecayOfFewRows = 2;
    private const double WeightDecayOfFewRegressionRows = 0.5;

    // Few rows are learned by heart in many steps.
    private const long StepsPerRow = 3;
    private const long MinimumSteps = 700;
    private const long MaximumSteps = 3000;

    private const int EnsembleSizeOfFewRows = 5;

    public static TrainingDefaults Training(EquilibriumCellKind cell, PredictionTask task, long rows)
    {
        if (cell == EquilibriumCellKind.MultiscaleConvolutional)
        {
            return new TrainingDefaults(Steps: 600, LearningRate: 3e-3, WeightDecay, MinimumEpochs: 15, MaximumBatchSize: 64);
        }

        int steps = (int)Math.Clamp(StepsPerRow * rows, MinimumSteps, MaximumSteps);
        double learningRate = rows < ManyRows ? 2e-3 : 5e-3;
        double decayOfFew = task is RegressionTask ? WeightDecayOfFewRegressionRows : WeightDecayOfFewRows;
        return new TrainingDefaults(steps, learningRate, rows < FewRows ? decayOfFew : WeightDecay);
    }

    public static double Dropout(long rows) => rows switch
    {
        < FewRows => 0.5,
        < ManyRows => 0.3,
        _ => 0.1,
    };

    public static int EnsembleSize(EquilibriumCellKind cell, long rows) => cell == EquilibriumCellKind.Dense && rows < FewRows ? EnsembleSizeOfFewRows : 1;

    public static double ValidationFraction(long rows) => rows < RowsThatAffordValidation ? 0 : 0.1;
}
