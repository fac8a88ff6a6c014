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
        double validationLoss,
        bool isKept)
    {
        (Model, Trainer, Penalties, ExampleWeights, InputNoise) = (model, trainer, penalties, exampleWeights, inputNoise);
        (History, ValidationLoss, IsKept) = (history, validationLoss, isKept);
    }

    /// <summary>
    /// The model that the tuned penalties and weights give on the training rows, and on the validation rows too where <see cref="RegularizationTuningOptions.ValidationFolds"/> says so;
    /// where <see cref="IsKept"/> is <see langword="false"/>, what the trainer gives as it was.
    /// </summary>
    public TTransformer Model { get; }

    /// <summary>
    /// Whether the tuned settings are kept. If <see langword="true"/>, <see cref="Model"/> and <see cref="Trainer"/> have them, as they always do for linear models. If
    /// <see langword="false"/>, a network with them did not do better on validation rows than with the trainer's own settings, by more than the standard error of the difference:
    /// the trainer is the one that was given, the model is what it gives without what was tuned, and <see cref="Penalties"/>, <see cref="InputNoise"/> and
    /// <see cref="ValidationLoss"/> are theirs.
    /// </summary>
    public bool IsKept { get; }

    /// <summary>The trainer with the settings of <see cref="Model"/>, to be used on other rows, such as all of them, or in a pipeline.</summary>
    public IEstimator<TTransformer> Trainer { get; }

    /// <summary>
    /// The penalties of <see cref="Trainer"/>, in the order of the features or layers. Where they are a network's own, they are those that its options name, and none where these have only
    /// <see cref="Training.TrainingOptions.WeightDecay"/>.
    /// </summary>
    public IReadOnlyList<TunedPenalty> Penalties { get; }

    /// <summary>
    /// A weight from 0 to 1 for each row of the training data view, in its order, or <see langword="null"/> where none were tuned. It is 0 for rows that training leaves out, for want
    /// of a label or because their example weight is 0. They are what was found, kept or not: where <see cref="IsKept"/> is <see langword="false"/>, <see cref="Model"/> is trained
    /// without them.
    /// </summary>
    public IReadOnlyList<double>? ExampleWeights { get; }

    /// <summary>Standard deviation of the noise on the inputs that <see cref="Trainer"/> adds, in units of a feature's own deviation, or <see langword="null"/> where it was not tuned.</summary>
    public double? InputNoise { get; }

    /// <summary>The evaluations, as they were reported to <see cref="RegularizationTuningOptions.Progress"/>.</summary>
    public IReadOnlyList<TuningProgress> History { get; }

    /// <summary>
    /// Mean loss of <see cref="Model"/> on the validation rows; where <see cref="RegularizationTuningOptions.ValidationFolds"/> lets them train it, that of the trainings that have not seen
    /// them, with its settings.
    /// </summary>
    public double ValidationLoss { get; }

    /// <summary>The penalties, the noise, and losses evaluation by evaluation, as text to print.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Add($"Tuned in {History.Count} evaluations, {History[^1].Elapsed.TotalSeconds:F1} s; validation loss {ValidationLoss:G5} after {History[0].ValidationLoss:G5} at first.");
        if (!IsKept)
        {
            Add($"The tuned settings are not kept: validation rows do not show them to be better than the trainer's own settings, which the model and the penalties here are of.");
        }

        foreach (TunedPenalty penalty in Penalties)
        {
            Add($"{penalty.Value,12:G4}  {penalty.Name}");
        }

        if (InputNoise is { } noise)
        {
            Add($"{noise,12:G4}  noise of the inputs, in deviations of each");
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
