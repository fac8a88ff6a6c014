using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts a Boolean with a neural ODE.</summary>
/// <remarks>
/// Label: Boolean. Features: a vector of Single of known size. Output: <c>PredictedLabel</c> (Boolean), <c>Score</c> (Single, log-odds) and
/// <c>Probability</c> (Single, the sigmoid of the score), and what <see cref="NeuralOdeOptions.EvaluationColumnName"/> names.
/// </remarks>
/// <example>
/// <code>
/// var binary = ml.BinaryClassification.Trainers.NeuralOde(labelColumnName: "Defaulted");
/// </code>
/// </example>
public sealed class NeuralOdeBinaryTrainer : NeuralOdeTrainer
{
    internal NeuralOdeBinaryTrainer(IHostEnvironment environment, NeuralOdeOptions options)
        : this(environment, options, new BinaryLabel())
    {
    }

    private NeuralOdeBinaryTrainer(IHostEnvironment environment, NeuralOdeOptions options, BinaryLabel label)
        : base(environment, nameof(NeuralOdeBinaryTrainer), options, label)
    {
    }

    internal override NeuralOdeBinaryTrainer ForPart() => new(Host, Options, new BinaryLabel { TakesOneLabel = true });

    private protected override NeuralOdeBinaryTrainer With(PredictionTrainerOptions options) => new(Host, (NeuralOdeOptions)options);
}
