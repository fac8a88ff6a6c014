using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts a Boolean with a deep-equilibrium model.</summary>
/// <remarks>
/// Label: Boolean. Features: a vector of Single of known size. Output: <c>PredictedLabel</c> (Boolean),
/// <c>Score</c> (Single, log-odds) and <c>Probability</c> (Single, the sigmoid of the score).
/// </remarks>
/// <example>
/// <code>
/// var pipeline = ml.Transforms.Concatenate("Features", "Radius", "Texture")
///     .Append(ml.BinaryClassification.Trainers.DeepEquilibrium(labelColumnName: "IsMalignant"));
/// </code>
/// </example>
public sealed class DeepEquilibriumBinaryTrainer : DeepEquilibriumTrainer
{
    internal DeepEquilibriumBinaryTrainer(IHostEnvironment environment, DeepEquilibriumOptions options)
        : this(environment, options, new BinaryLabel())
    {
    }

    private DeepEquilibriumBinaryTrainer(IHostEnvironment environment, DeepEquilibriumOptions options, BinaryLabel label)
        : base(environment, nameof(DeepEquilibriumBinaryTrainer), options, label)
    {
    }

    internal override DeepEquilibriumBinaryTrainer ForPart() => new(Host, Options, new BinaryLabel { TakesOneLabel = true });

    private protected override DeepEquilibriumBinaryTrainer With(PredictionTrainerOptions options) => new(Host, (DeepEquilibriumOptions)options);
}
