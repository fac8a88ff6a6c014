using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts one of several classes with a neural ODE.</summary>
/// <remarks>
/// Label: a key of known count, at most 100,000, as <c>MapValueToKey</c> gives. Features: a vector of Single of known size.
/// Output: <c>PredictedLabel</c> (key) and <c>Score</c> (vector of Single, the class probabilities), and what
/// <see cref="NeuralOdeOptions.EvaluationColumnName"/> names.
/// </remarks>
/// <example>
/// <code>
/// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
///     .Append(ml.MulticlassClassification.Trainers.NeuralOde())
///     .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
/// </code>
/// </example>
public sealed class NeuralOdeMulticlassTrainer : NeuralOdeTrainer
{
    internal NeuralOdeMulticlassTrainer(IHostEnvironment environment, NeuralOdeOptions options)
        : base(environment, nameof(NeuralOdeMulticlassTrainer), options, new MulticlassLabel())
    {
    }

    private protected override NeuralOdeMulticlassTrainer With(PredictionTrainerOptions options) => new(Host, (NeuralOdeOptions)options);
}
