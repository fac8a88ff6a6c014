using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of the trainers of linear models with a penalty on each weight.</summary>
public sealed class PenalizedLinearOptions : TrainerInputBaseWithWeight, IEstimatorOptions
{
    /// <summary>
    /// λ of ½ λ w² for the weight w of each feature in units of its standard deviation, beside the mean loss of a row (half the squared error of a label in units of its own
    /// deviation, or the negative log likelihood in nats); the intercept has none. Positive.
    /// </summary>
    public double Penalty { get; set; } = 1e-3;

    /// <summary>A penalty for each slot of the feature column instead of <see cref="Penalty"/>, as <c>TuneRegularization</c> finds them; or <see langword="null"/>.</summary>
    public IReadOnlyList<double>? Penalties { get; set; }

    /// <summary>Limit on Newton steps; half a dozen are usual.</summary>
    public int MaximumIterations { get; set; } = 100;

    /// <summary>Ends training by an <see cref="OperationCanceledException"/>. ML.NET's own cancelling of a context has the same effect.</summary>
    public CancellationToken CancellationToken { get; set; }

    void IEstimatorOptions.Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(LabelColumnName);
        ArgumentException.ThrowIfNullOrEmpty(FeatureColumnName);
        Setting.Require(IsPenalty(Penalty), nameof(Penalty), "must be positive and finite");
        Setting.Require(Penalties is null || Penalties.All(IsPenalty), nameof(Penalties), "must be positive and finite");
        Setting.Require(MaximumIterations >= 1, nameof(MaximumIterations), "must be positive");
    }

    /// <summary>The same settings with other penalties.</summary>
    internal PenalizedLinearOptions With(IReadOnlyList<double> penalties) => new()
    {
        LabelColumnName = LabelColumnName,
        FeatureColumnName = FeatureColumnName,
        ExampleWeightColumnName = ExampleWeightColumnName,
        Penalty = Penalty,
        Penalties = penalties,
        MaximumIterations = MaximumIterations,
        CancellationToken = CancellationToken,
    };

    private static bool IsPenalty(double penalty) => penalty > 0 && double.IsFinite(penalty);
}
