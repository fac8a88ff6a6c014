using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts a number with a linear model whose weights have penalties of their own.</summary>
/// <remarks>Label: Single. Features: a vector of Single of known size. Output: <c>Score</c> (Single), of ML.NET's own model.</remarks>
public sealed class PenalizedLinearRegressionTrainer : PenalizedLinearTrainer<RegressionPredictionTransformer<LinearRegressionModelParameters>, LinearRegressionModelParameters>
{
    internal PenalizedLinearRegressionTrainer(IHostEnvironment environment, PenalizedLinearOptions options)
        : base(environment, nameof(PenalizedLinearRegressionTrainer), options, new RegressionLabel())
    {
    }

    private protected override PenalizedLinearRegressionTrainer WithOptions(PenalizedLinearOptions options) => new(Host, options);

    private protected override SquaredLoss CreateLoss(DataViewSchema.Column label, Tensor labels)
    {
        Tensor values = labels.to(ScalarType.Float64);
        double mean = values.mean().item<double>(), deviation = (values - mean.Held()).Squared().mean().sqrt().item<double>();
        return new SquaredLoss(mean, deviation > 0 ? deviation : 1);
    }

    private protected override RegressionPredictionTransformer<LinearRegressionModelParameters> CreateTransformer(
        double[][] weights, double[] intercepts, LinearLoss loss, DataViewSchema schema)
    {
        var squared = (SquaredLoss)loss;
        VBuffer<float> slopes = Singles(Array.ConvertAll(weights[0], weight => weight * squared.Deviation));
        var model = new LinearRegressionModelParameters(Host, in slopes, (float)((intercepts[0] * squared.Deviation) + squared.Mean));
        return new RegressionPredictionTransformer<LinearRegressionModelParameters>(Host, model, schema, Options.FeatureColumnName);
    }
}
