using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts a number with a deep-equilibrium model.</summary>
/// <remarks>
/// Label: Single. Features: a vector of Single of known size. Output: <c>Score</c> (Single, in the label's unit).
/// The label is standardised inside the model.
/// </remarks>
/// <example>
/// <code>
/// var pipeline = ml.Transforms.Concatenate("Features", "Cement", "Water", "Age")
///     .Append(ml.Regression.Trainers.DeepEquilibrium(labelColumnName: "Strength"));
/// </code>
/// </example>
public sealed class DeepEquilibriumRegressionTrainer : DeepEquilibriumTrainer
{
    internal DeepEquilibriumRegressionTrainer(IHostEnvironment environment, DeepEquilibriumOptions options)
        : base(environment, nameof(DeepEquilibriumRegressionTrainer), options, new RegressionLabel())
    {
    }

    private protected override DeepEquilibriumRegressionTrainer With(PredictionTrainerOptions options) => new(Host, (DeepEquilibriumOptions)options);
}
