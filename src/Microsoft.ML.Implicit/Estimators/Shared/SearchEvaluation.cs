namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a training to the minimum gave for the hyperparameters that it was given.</summary>
/// <param name="Objective">What the search minimises.</param>
/// <param name="TrainingLoss">Loss on the rows that were trained on.</param>
/// <param name="ValidationLoss">Mean loss on the rows that are to be predicted.</param>
/// <param name="TrainingSteps">Steps of the training.</param>
internal readonly record struct SearchEvaluation(double Objective, double TrainingLoss, double ValidationLoss, int TrainingSteps);
