namespace Microsoft.ML.Implicit.Estimators;

/// <summary>State of <c>TuneRegularization</c>, <c>DistillRows</c> or the training of a meta-learned model after an evaluation.</summary>
/// <param name="Evaluation">Evaluations finished, from 1.</param>
/// <param name="MaximumEvaluations">Limit on them; tuning can end before.</param>
/// <param name="TrainingLoss">Loss on the rows that were trained on, penalties included.</param>
/// <param name="ValidationLoss">Mean loss on the validation rows, which are all rows where some are distilled, and other rows of each task where a model is meta-learned.</param>
/// <param name="BestEvaluation">The evaluation that would be kept if tuning ended now.</param>
/// <param name="TrainingSteps">Newton steps of this training of a linear model, or epochs of a network, that led to its minimum.</param>
/// <param name="Elapsed">Time since tuning began.</param>
public sealed record TuningProgress(
    int Evaluation, int MaximumEvaluations, double TrainingLoss, double ValidationLoss, int BestEvaluation, int TrainingSteps, TimeSpan Elapsed);
