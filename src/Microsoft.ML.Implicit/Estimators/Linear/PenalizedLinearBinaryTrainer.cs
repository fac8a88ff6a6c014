using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts a Boolean with a linear model whose weights have penalties of their own.</summary>
/// <remarks>Label: Boolean. Features: a vector of Single of known size. Output: <c>PredictedLabel</c> (Boolean), <c>Score</c> (Single, log-odds) and <c>Probability</c> (Single), of ML.NET's own model.</remarks>
public sealed class PenalizedLinearBinaryTrainer : PenalizedLinearTrainer<BinaryPredictionTransformer<CalibratedModelParametersBase<LinearBinaryModelParameters, PlattCalibrator>>, CalibratedModelParametersBase<LinearBinaryModelParameters, PlattCalibrator>>
{
    internal PenalizedLinearBinaryTrainer(IHostEnvironment environment, PenalizedLinearOptions options)
        : base(environment, nameof(PenalizedLinearBinaryTrainer), options, new BinaryLabel())
    {
    }

    private protected override PenalizedLinearBinaryTrainer WithOptions(PenalizedLinearOptions options) => new(Host, options);

    private protected override LogisticLoss CreateLoss(DataViewSchema.Column label, Tensor labels) => new();

    private protected override BinaryPredictionTransformer<CalibratedModelParametersBase<LinearBinaryModelParameters, PlattCalibrator>> CreateTransformer(
        double[][] weights, double[] intercepts, LinearLoss loss, DataViewSchema schema)
    {
        VBuffer<float> slopes = Singles(weights[0]);
        var model = new LinearBinaryModelParameters(Host, in slopes, (float)intercepts[0]);

        // The score is the log-odds: its sigmoid is the probability.
        var calibrated = new ParameterMixingCalibratedModelParameters<LinearBinaryModelParameters, PlattCalibrator>(Host, model, new PlattCalibrator(Host, -1, 0));
        return new BinaryPredictionTransformer<CalibratedModelParametersBase<LinearBinaryModelParameters, PlattCalibrator>>(Host, calibrated, schema, Options.FeatureColumnName);
    }
}
