using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What the deep-equilibrium trainers choose where the options leave it open: few rows want strong regularisation and few steps, many rows neither.</summary>
internal static class DeepEquilibriumDefaults
{
    private const long FewRows = 500;
    private const long ManyRows = 5000;
    private const long RowsThatAffordValidation = 10_000;

    private const double LearningRate = 5e-3;
    private const double LearningRateBelowManyRows = 2e-3;
    private const double LearningRateOfFewRows = 4e-3;
    private const double WidthOfLearningRates = 128;

    private const double WeightDecay = 0.05;

    // Without it a classifier of few rows grows ever surer of itself; a squared error ends that by itself.
    private const double WeightDecayOfFewRows = 2;
    private const double WeightDecayBelowManyRows = 1;
    private const double WeightDecayOfRegressionBelowManyRows = 0.5;

    private const double InputDropoutOfManyFeatures = 0.5;
    private const double InputDropoutOfManyFeaturesAndRows = 0.15;
    private const double FeaturesOfHalfTheInputDropout = 8;

    // Few rows are learned by heart in many steps.
    private const long StepsPerRow = 3;
    private const long MinimumSteps = 700;
    private const long MaximumSteps = 3000;

    // Where rows are sparse there are many weights for each, which learn it in few steps.
    private const long MaximumStepsOfSparseRows = 1000;
    private const int MinimumEpochs = 30;
    private const int MinimumEpochsOfSparseRows = 10;

    private const int EnsembleSizeOfFewRows = 5;

    public static TrainingDefaults Training(EquilibriumCellKind cell, PredictionTask task, long rows, bool areSparse, int hiddenWidth)
    {
        if (cell == EquilibriumCellKind.MultiscaleConvolutional)
        {
            return new TrainingDefaults(Steps: 600, LearningRate: 3e-3, WeightDecay, MinimumEpochs: 15, MaximumBatchSize: 64);
        }

        int steps = (int)Math.Clamp(StepsPerRow * rows, MinimumSteps, areSparse ? MaximumStepsOfSparseRows : MaximumSteps);

        // Yang and Hu, "Feature Learning in Infinite-Width Neural Networks", 2021: Adam's rate goes with the inverse of the width.
        double learningRate = DenseLearningRate(task, rows) * WidthOfLearningRates / hiddenWidth;
        return new TrainingDefaults(steps, learningRate, DenseWeightDecay(task, rows), areSparse ? MinimumEpochsOfSparseRows : MinimumEpochs);
    }

    public static double Dropout(PredictionTask task, long rows) => rows switch
    {
        < FewRows => 0.5,
        < ManyRows when task is not RegressionTask => 0.3,
        _ => 0.1,
    };

    // Features tell much the same where there are many of them, and nothing stands in for one of a few. Noise in the inputs
    // smooths what is learned, as it should between classes and not where a number is asked for.
    public static double InputDropout(EquilibriumCellKind cell, PredictionTask task, long rows, long features)
    {
        if (cell == EquilibriumCellKind.MultiscaleConvolutional || task is RegressionTask)
        {
            return 0;
        }

        double limit = rows < ManyRows ? InputDropoutOfManyFeatures : InputDropoutOfManyFeaturesAndRows;
        return limit * features / (features + FeaturesOfHalfTheInputDropout);
    }

    public static int EnsembleSize(EquilibriumCellKind cell, long rows) => cell == EquilibriumCellKind.Dense && rows < FewRows ? EnsembleSizeOfFewRows : 1;

    public static double ValidationFraction(long rows) => rows < RowsThatAffordValidation ? 0 : 0.1;

    private static double DenseLearningRate(PredictionTask task, long rows) => rows switch
    {
        < FewRows when task is not RegressionTask => LearningRateOfFewRows,
        < ManyRows => LearningRateBelowManyRows,
        _ => LearningRate,
    };

    private static double DenseWeightDecay(PredictionTask task, long rows) => rows switch
    {
        < ManyRows when task is RegressionTask => WeightDecayOfRegressionBelowManyRows,
        < FewRows => WeightDecayOfFewRows,
        < ManyRows => WeightDecayBelowManyRows,
        _ => WeightDecay,
    };
}
