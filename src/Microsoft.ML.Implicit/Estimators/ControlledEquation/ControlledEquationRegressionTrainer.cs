using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts a number from a whole series.</summary>
/// <remarks>
/// Label: Single, standardised inside the model. Output: <c>Score</c> (Single, in the label's unit).
/// </remarks>
/// <example>
/// <code>
/// var survival = ml.Regression.Trainers.NeuralControlledDifferentialEquation("Years", "Day", ["Bilirubin", "Albumin"]);
/// </code>
/// </example>
public sealed class ControlledEquationRegressionTrainer : ControlledEquationTrainer
{
    internal ControlledEquationRegressionTrainer(IHostEnvironment environment, ControlledEquationOptions options)
        : base(environment, nameof(ControlledEquationRegressionTrainer), options, new RegressionLabel())
    {
    }
}
