namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What trainings gave with tuned variables.</summary>
/// <param name="Variables">The variables.</param>
/// <param name="TrainingLoss">Mean of the trainings' objectives.</param>
/// <param name="ValidationLoss">Mean loss of all validation rows.</param>
/// <param name="Objective">What is minimised: that of the rows that judge, in nats, and what was expected of the variables.</param>
/// <param name="OtherLoss">Mean loss of the validation rows that do not judge; NaN where all do.</param>
/// <param name="Steps">Newton steps of all trainings.</param>
internal sealed record LinearEvaluation(double[] Variables, double TrainingLoss, double ValidationLoss, double Objective, double OtherLoss, int Steps);
