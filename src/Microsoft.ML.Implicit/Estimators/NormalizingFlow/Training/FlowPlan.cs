using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What <see cref="NormalizingFlowOptions"/> leave open, chosen by the number of rows and of features.</summary>
/// <param name="HiddenWidth">Width of each hidden layer.</param>
/// <param name="KineticPenalty">Weight of the kinetic energy.</param>
/// <param name="JacobianPenalty">Weight of the Jacobian's squared norm.</param>
/// <param name="Smoothing">Standard deviation of the noise on standardised features.</param>
/// <param name="Detail">How much finer than a normal density the rows can show a density to be: 0 where they are few for their dimension.</param>
/// <param name="Training">Steps, learning rate and weight decay.</param>
internal sealed record FlowPlan(int HiddenWidth, double KineticPenalty, double JacobianPenalty, double Smoothing, double Detail, TrainingDefaults Training)
{
    private const double SmoothingOfBandwidth = 0.05;
    private const double LargestPenalty = 0.01;
    private const double LargestWeightDecay = 0.1;
    private const double RowsOfLargestWeightDecay = 1000;
    private const double FlowMatchingRate = 2e-3;
    private const double LikelihoodRate = 1e-2;
    private const double LikelihoodRateOfManyRows = 5e-3;

    // From here on rows show more than the smaller network learns in its shorter training.
    private const long ManyRows = 10_000;

    /// <summary>Makes the choices.</summary>
    /// <param name="options">The options.</param>
    /// <param name="rows">Number of training rows.</param>
    /// <param name="dimension">Number of features and of what they are conditioned on.</param>
    public static FlowPlan Create(NormalizingFlowOptions options, long rows, int dimension)
    {
        // Scott's bandwidth in standard deviations (Scott, Multivariate Density Estimation, 1992): rows show nothing much finer.
        double bandwidth = Math.Pow(rows, -1.0 / (dimension + 4));
        double detail = (1 / bandwidth) - 1;

        // A field that changes over a bandwidth has a Jacobian as steep as the detail, and should pay no more for it.
        double penalty = LargestPenalty * Math.Min(1, 1 / (detail * detail));

        // A prior weighs the less the more rows there are.
        double weightDecay = LargestWeightDecay * Math.Min(1, RowsOfLargestWeightDecay / rows);
        bool areMany = rows >= ManyRows;
        double rate = options.Method == FlowTrainingMethod.FlowMatching ? FlowMatchingRate : areMany ? LikelihoodRateOfManyRows : LikelihoodRate;
        return new FlowPlan(
            options.HiddenWidth ?? (areMany ? 128 : 64),
            options.KineticPenalty ?? penalty,
            options.JacobianPenalty ?? penalty,
            options.Smoothing ?? (SmoothingOfBandwidth * bandwidth),
            detail,
            areMany ? new TrainingDefaults(Steps: 5000, rate, weightDecay, MaximumBatchSize: 512) : new TrainingDefaults(Steps: 3000, rate, weightDecay));
    }
}
