using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts one of several classes with a linear model whose weights have penalties of their own.</summary>
/// <remarks>Label: a key of known count. Features: a vector of Single of known size. Output: <c>PredictedLabel</c> (key) and <c>Score</c> (probabilities of the classes), of ML.NET's own model.</remarks>
public sealed class PenalizedLinearMulticlassTrainer : PenalizedLinearTrainer<MulticlassPredictionTransformer<MaximumEntropyModelParameters>, MaximumEntropyModelParameters>
{
    internal PenalizedLinearMulticlassTrainer(IHostEnvironment environment, PenalizedLinearOptions options)
        : base(environment, nameof(PenalizedLinearMulticlassTrainer), options, new MulticlassLabel())
    {
    }

    private protected override PenalizedLinearMulticlassTrainer WithOptions(PenalizedLinearOptions options) => new(Host, options);

    private protected override SoftmaxLoss CreateLoss(DataViewSchema.Column label, Tensor labels) => new((int)label.Type.GetKeyCount());

    private protected override MulticlassPredictionTransformer<MaximumEntropyModelParameters> CreateTransformer(
        double[][] weights, double[] intercepts, LinearLoss loss, DataViewSchema schema)
    {
        var model = new MaximumEntropyModelParameters(
            Host, Array.ConvertAll(weights, Singles), Array.ConvertAll(intercepts, intercept => (float)intercept), intercepts.Length, weights[0].Length, null);
        return new MulticlassPredictionTransformer<MaximumEntropyModelParameters>(Host, model, schema, Options.FeatureColumnName, Options.LabelColumnName);
    }
}
