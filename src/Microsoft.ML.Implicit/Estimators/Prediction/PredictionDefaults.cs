using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What the trainers of models from a feature vector to a label choose where the options leave it open: few rows want strong regularisation and few steps, many rows neither.</summary>
internal static class PredictionDefaults
{
    private const long FewRows = 500;
    private const long ManyRows = 5000;
    private const long RowsThatAffordValidation = 10_000;

    private const double LearningRate = 5e-3;
    private const double LearningRateBelowManyRows = 2e-3;
    private const double LearningRateOfFewRows = 4e-3;
    private const double WidthOfLearningRates = 128;

    // Twice the width predicts no better from so few rows, at more than twice the cost.
    private const int HiddenWidthBelowManyRows = 64;
    private const int UsualHiddenWidth = 128;

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

    // What a network of many loses by fewer steps, the mean regains; networks that are trained one by one take their time one by one.
    private const int HasteOfFolds = 2;
    private const int FewerStepsOneByOne = 2;

    // Where rows are sparse there are many weights for each, which learn it in few steps.
    private const long MaximumStepsOfSparseRows = 1000;
    private const int MinimumEpochs = 30;
    private const int MinimumEpochsOfSparseRows = 10;

    private const int EnsembleSizeOfFewRows = 5;

    private const double WeightDecayFactorOfWeak = 0.1;
    private const double DropoutOfWeak = 0.1;
    private const double WeightDecayFactorOfStrong = 4;
    private const double DropoutOfStrong = 0.7;
    private const double LargestInputDropout = 0.8;

    // A fold of fewer says little.
    private const long RowsThatAffordFolds = 50;
    private const int FoldsOfFewRows = 5;

    public static TrainingDefaults Training(bool readsImages, PredictionTask task, long rows, bool areSparse, int hiddenWidth, double weightDecay)
    {
        if (readsImages)
        {
            return new TrainingDefaults(Steps: 600, LearningRate: 3e-3, weightDecay, MinimumEpochs: 15, MaximumBatchSize: 64);
        }

        int steps = (int)Math.Clamp(StepsPerRow * rows, MinimumSteps, areSparse ? MaximumStepsOfSparseRows : MaximumSteps);

        // Yang and Hu, "Feature Learning in Infinite-Width Neural Networks", 2021: Adam's rate goes with the inverse of the width.
        double learningRate = DenseLearningRate(task, rows) * WidthOfLearningRates / hiddenWidth;
        return new TrainingDefaults(steps, learningRate, weightDecay, areSparse ? MinimumEpochsOfSparseRows : MinimumEpochs);
    }

    /// <summary>What suits most data; what the options say holds.</summary>
    public static Regularization Usual(PredictionTrainerOptions options, PredictionTask task, long rows, long features) => Complete(options, new Regularization(
        options.ReadsImages ? WeightDecay : DenseWeightDecay(task, rows), Dropout(task, rows), InputDropout(options.ReadsImages, task, rows, features)));

    /// <summary>What to choose from where rows are few: some data is free of noise and wants little, other data is mostly noise and wants much.</summary>
    public static Regularization[] Candidates(PredictionTrainerOptions options, PredictionTask task, long rows, long features)
    {
        Regularization usual = Usual(options, task, rows, features);
        var weak = new Regularization(WeightDecayFactorOfWeak * usual.WeightDecay, DropoutOfWeak, 0);
        var strong = new Regularization(WeightDecayFactorOfStrong * usual.WeightDecay, DropoutOfStrong, Math.Min(LargestInputDropout, 2 * usual.InputDropout));
        return [.. new[] { weak, strong }.Select(candidate => Complete(options, candidate)).Distinct()];
    }

    private static double Dropout(PredictionTask task, long rows) => rows switch
    {
        < FewRows => 0.5,
        < ManyRows when task is not RegressionTask => 0.3,
        _ => 0.1,
    };

    // Features tell much the same where there are many of them, and nothing stands in for one of a few. Noise in the inputs
    // smooths what is learned, as it should between classes and not where a number is asked for.
    private static double InputDropout(bool readsImages, PredictionTask task, long rows, long features)
    {
        if (readsImages || task is RegressionTask)
        {
            return 0;
        }

        double limit = rows < ManyRows ? InputDropoutOfManyFeatures : InputDropoutOfManyFeaturesAndRows;
        return limit * features / (features + FeaturesOfHalfTheInputDropout);
    }

    /// <summary>How networks that hold out folds are trained, instead of one that is trained alone.</summary>
    public static TrainingDefaults OfFolds(TrainingDefaults alone, bool areStacked) => alone with
    {
        Steps = alone.Steps / (areStacked ? HasteOfFolds : HasteOfFolds * FewerStepsOneByOne),
        LearningRate = alone.LearningRate * HasteOfFolds,
        MinimumEpochs = areStacked ? alone.MinimumEpochs : alone.MinimumEpochs / FewerStepsOneByOne,
    };

    /// <summary>Folds to choose by, or 0 where there is no choice to make.</summary>
    public static int Folds(PredictionTrainerOptions options, long rows) => options.HeldOutAgreement is not null
        ? FoldsOfFewRows
        : options is { ReadsImages: false, EnsembleSize: null, Training.ValidationFraction: null } && rows is >= RowsThatAffordFolds and < ManyRows ? FoldsOfFewRows : 0;

    /// <summary>Whether networks see components of the features too. A classifier of many rows, which no fold is held out from, grows too sure of itself by those of little variance.</summary>
    public static bool TrainsOnComponents(PredictionTask task, long rows) => task is RegressionTask || rows < ManyRows;

    /// <summary>Whether features are encoded with steps. What is a number changes smoothly as a rule, and with steps a classifier of many rows grows too sure of itself as it does by components.</summary>
    public static bool HasSteps(PredictionTask task, long rows) => task is not RegressionTask && rows < ManyRows;

    public static int HiddenWidth(bool readsImages, long rows) => !readsImages && rows < ManyRows ? HiddenWidthBelowManyRows : UsualHiddenWidth;

    public static int EnsembleSize(bool readsImages, long rows) => !readsImages && rows < FewRows ? EnsembleSizeOfFewRows : 1;

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

    private static Regularization Complete(PredictionTrainerOptions options, Regularization chosen) => new(
        options.HasPenalties ? 0 : options.Training.WeightDecay ?? chosen.WeightDecay, options.Dropout ?? chosen.Dropout, options.InputDropout ?? chosen.InputDropout);
}
