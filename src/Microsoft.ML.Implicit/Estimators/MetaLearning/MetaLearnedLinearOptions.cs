using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <see cref="MetaLearnedLinearTrainer"/>.</summary>
public sealed class MetaLearnedLinearOptions : TrainerInputBaseWithWeight, IEstimatorOptions
{
    /// <summary>Column that says which task a row belongs to, such as a store, a patient or a series: text, a key or a number.</summary>
    public string TaskColumnName { get; set; } = "Task";

    /// <summary>
    /// λ of ½ λ w² for the shared weight w of each feature in units of its standard deviation, beside the mean loss of a row (half the squared error of a label in units of its own
    /// deviation, or the negative log likelihood in nats). How far the weights of tasks may be from the shared ones is learned. Positive.
    /// </summary>
    public double Penalty { get; set; } = 1e-3;

    /// <summary>Seed of which rows of a task are adapted to, and which are predicted, in training.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>Limit on evaluations of the meta-parameters, in each of which every task is adapted to.</summary>
    public int MaximumEvaluations { get; set; } = 50;

    /// <summary>Called after every evaluation, on the calling thread.</summary>
    public IProgress<TuningProgress>? Progress { get; set; }

    /// <summary>Ends training early. ML.NET's own cancelling of a context has the same effect.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>What happens then: an <see cref="OperationCanceledException"/>, or the best model so far is what is returned, if there is any.</summary>
    public CancellationBehavior OnCancellation { get; set; } = CancellationBehavior.Throw;

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.InputColumns => [(nameof(FeatureColumnName), FeatureColumnName), (nameof(TaskColumnName), TaskColumnName)];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.LabelColumns => [(nameof(LabelColumnName), LabelColumnName)];

    void IEstimatorOptions.Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(LabelColumnName);
        ArgumentException.ThrowIfNullOrEmpty(FeatureColumnName);
        Setting.Require(!string.IsNullOrEmpty(TaskColumnName), nameof(TaskColumnName), "must be given");
        Setting.Require(Penalty > 0 && double.IsFinite(Penalty), nameof(Penalty), "must be positive and finite");
        Setting.Require(MaximumEvaluations >= 1, nameof(MaximumEvaluations), "must be positive");
    }
}
