using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts a number with a neural ODE.</summary>
/// <remarks>
/// Label: Single. Features: a vector of Single of known size. Output: <c>Score</c> (Single, in the label's unit), and what
/// <see cref="NeuralOdeOptions.EvaluationColumnName"/> names. The label is standardised inside the model.
/// </remarks>
/// <example>
/// <code>
/// var regression = ml.Regression.Trainers.NeuralOde(labelColumnName: "Strength");
/// </code>
/// </example>
public sealed class NeuralOdeRegressionTrainer : NeuralOdeTrainer
{
    internal NeuralOdeRegressionTrainer(IHostEnvironment environment, NeuralOdeOptions options)
        : base(environment, nameof(NeuralOdeRegressionTrainer), options, new RegressionLabel())
    {
    }

    private protected override NeuralOdeRegressionTrainer With(PredictionTrainerOptions options) => new(Host, (NeuralOdeOptions)options);
}
