using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts one of several classes from a whole series.</summary>
/// <remarks>
/// Label: a key of known count, at most 100,000, as <c>MapValueToKey</c> gives. Output: <c>PredictedLabel</c> (key) and <c>Score</c> (vector of Single, the class
/// probabilities).
/// </remarks>
/// <example>
/// <code>
/// var bySpeech = ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation("Speaker", "Second", ["Pitch", "Loudness"]);
/// </code>
/// </example>
public sealed class ControlledEquationMulticlassTrainer : ControlledEquationTrainer
{
    internal ControlledEquationMulticlassTrainer(IHostEnvironment environment, ControlledEquationOptions options)
        : base(environment, nameof(ControlledEquationMulticlassTrainer), options, new MulticlassLabel())
    {
    }
}
