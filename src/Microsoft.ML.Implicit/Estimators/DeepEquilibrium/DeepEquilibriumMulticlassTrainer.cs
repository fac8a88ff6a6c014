using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts one of several classes with a deep-equilibrium model.</summary>
/// <remarks>
/// Label: a key of known count, at most 100,000, as <c>MapValueToKey</c> gives. Features: a vector of Single of known size.
/// Output: <c>PredictedLabel</c> (key) and <c>Score</c> (vector of Single, the class probabilities).
/// </remarks>
/// <example>
/// <code>
/// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
///     .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium())
///     .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
/// </code>
/// </example>
public sealed class DeepEquilibriumMulticlassTrainer : DeepEquilibriumTrainer
{
    internal DeepEquilibriumMulticlassTrainer(IHostEnvironment environment, DeepEquilibriumOptions options)
        : base(environment, nameof(DeepEquilibriumMulticlassTrainer), options, new MulticlassLabel())
    {
    }

    private protected override DeepEquilibriumMulticlassTrainer With(PredictionTrainerOptions options) => new(Host, (DeepEquilibriumOptions)options);
}
