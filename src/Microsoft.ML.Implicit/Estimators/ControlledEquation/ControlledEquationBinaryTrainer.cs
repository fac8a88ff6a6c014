using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts a Boolean from a whole series.</summary>
/// <remarks>
/// Label: Boolean. Output: <c>PredictedLabel</c> (Boolean), <c>Score</c> (Single, log-odds) and <c>Probability</c> (Single, the sigmoid of the score).
/// </remarks>
/// <example>
/// <code>
/// var byVisits = ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation("Died", "Day", ["Bilirubin", "Albumin"]);
/// </code>
/// </example>
public sealed class ControlledEquationBinaryTrainer : ControlledEquationTrainer
{
    internal ControlledEquationBinaryTrainer(IHostEnvironment environment, ControlledEquationOptions options)
        : base(environment, nameof(ControlledEquationBinaryTrainer), options, new BinaryLabel())
    {
    }
}
