using System.Globalization;
using System.Text;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What <c>TuneRegularization</c> found. <see cref="ToString"/> prints it.</summary>
/// <typeparam name="TTransformer">The trained model as a transformer.</typeparam>
public sealed class RegularizationTuning<TTransformer>
    where TTransformer : class, ITransformer
{
    internal RegularizationTuning(
        TTransformer model,
        IEstimator<TTransformer> trainer,
        IReadOnlyList<TunedPenalty> penalties,
        IReadOnlyList<double>? exampleWeights,
        double? inputNoise,
        IReadOnlyList<TuningProgress> history,
        bool isKept)
    {
        (Model, Trainer, Penalties, ExampleWeights, InputNoise, History, IsKept) = (model, trainer, penalties, exampleWeights, inputNoise, history, isKept);
    }

    /// <summary>The model that the tuned penalties and weights give on the training rows, and on the validation rows too where <see cref="RegularizationTuningOptions.ValidationFolds"/> says so.</summary>
    public TTransformer Model { get; }

    /// <summary>
    /// Whether what was found is what <see cref="Model"/> and <see cref="Trainer"/> have. It is not where a network with it does not do better on validation rows than with the trainer's own
    /// settings, by more than the standard error of the difference.
    /// </summary>
    public bool IsKept { get; }

    /// <summary>The trainer with the tuned penalties, to be used on other rows, such as all of them, or in a pipeline.</summary>
    public IEstimator<TTransformer> Trainer { get; }

    /// <summary>The penalties, in the order of the features or layers.</summary>
    public IReadOnlyList<TunedPenalty> Penalties { get; }

    /// <summary>
    /// A weight from 0 to 1 for each training row, in their order, or <see langword="null"/> where none were tuned. Rows that training leaves out, for want of a label or because
    /// their example weight is 0, have none.
    /// </summary>
    public IReadOnlyList<double>? ExampleWeights { get; }

    /// <summary>Standard deviation of the noise on the inputs, in units of a feature's own deviation, or <see langword="null"/> where it was not tuned.</summary>
    public double? InputNoise { get; }

    /// <summary>The evaluations, as they were reported to <see cref="RegularizationTuningOptions.Progress"/>.</summary>
    public IReadOnlyList<TuningProgress> History { get; }

    /// <summary>Mean loss on the validation rows of what was kept.</summary>
    public double ValidationLoss => History[History[^1].BestEvaluation - 1].ValidationLoss;

    /// <summary>The penalties, and losses evaluation by evaluation, as text to print.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Add($"Tuned in {History.Count} evaluations, {History[^1].Elapsed.TotalSeconds:F1} s; validation loss {ValidationLoss:G5} after {History[0].ValidationLoss:G5} at first.");
        if (!IsKept)
        {
            Add($"The validation rows do not tell it from the trainer's own settings, which were kept.");
        }

        foreach (TunedPenalty penalty in Penalties)
        {
            Add($"{penalty.Value,12:G4}  {penalty.Name}");
        }

        Add($"{"evaluation",10} {"training",12} {"validation",12} {"steps",6} {"seconds",9}");
        foreach (TuningProgress evaluation in History)
        {
            string mark = evaluation.Evaluation == History[^1].BestEvaluation ? "*" : " ";
            Add($"{evaluation.Evaluation,9}{mark} {evaluation.TrainingLoss,12:G5} {evaluation.ValidationLoss,12:G5} {evaluation.TrainingSteps,6} {evaluation.Elapsed.TotalSeconds,9:F1}");
        }

        return text.ToString();

        void Add(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }
}
