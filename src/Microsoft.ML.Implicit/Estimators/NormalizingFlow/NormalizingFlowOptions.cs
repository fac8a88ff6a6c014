using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of normalizing flows.</summary>
public sealed class NormalizingFlowOptions : UnsupervisedTrainerInputBaseWithWeight, ITrainerOptions
{
    /// <summary>
    /// Column of a vector that the density is conditioned on, or <see langword="null"/>: the model is then p(features | context).
    /// </summary>
    public string? ContextColumnName { get; set; }

    /// <summary>
    /// Slots of the feature vector that are angles or form unit vectors: the density is then one on circles and spheres, with
    /// respect to arc length and area. All other slots are numbers on a line.
    /// </summary>
    public IReadOnlyList<ManifoldFeature> ManifoldFeatures { get; set; } = [];

    /// <summary>How the flow is trained.</summary>
    public FlowTrainingMethod Method { get; set; } = FlowTrainingMethod.MaximumLikelihood;

    /// <summary>Width of each hidden layer of the dynamics, or <see langword="null"/> for 64 below 10,000 rows and 128 from there on.</summary>
    public int? HiddenWidth { get; set; }

    /// <summary>Number of hidden layers of the dynamics; up to two have a trace in closed form.</summary>
    public int HiddenLayers { get; set; } = 2;

    /// <summary>Activation of the dynamics.</summary>
    public DynamicsActivation Activation { get; set; } = DynamicsActivation.Tanh;

    /// <summary>How the dynamics depend on time.</summary>
    public FlowTimeConditioning Time { get; set; } = FlowTimeConditioning.Concatenate;

    /// <summary>How the divergence is computed in training. Scores are always computed with the exact trace.</summary>
    public TraceEstimator Trace { get; set; } = TraceEstimator.Exact;

    /// <summary>
    /// Weight of the kinetic energy in the likelihood's loss, or <see langword="null"/> for 0.01 and less where rows are many for their dimension
    /// and show detail, which takes a steeper field.
    /// </summary>
    public double? KineticPenalty { get; set; }

    /// <summary>Weight of the Jacobian's squared norm in the likelihood's loss, or <see langword="null"/> for the same choice.</summary>
    public double? JacobianPenalty { get; set; }

    /// <summary>
    /// Standard deviation of the noise added to the standardised features, and to unit vectors and those of angles, in training, which keeps
    /// densities finite where features repeat or depend on one another; <see langword="null"/> for a twentieth of Scott's bandwidth, which is
    /// rows^(−1 / (features + 4)).
    /// </summary>
    public double? Smoothing { get; set; }

    /// <summary>Relative and absolute tolerance of the differential equation in training by maximum likelihood.</summary>
    public double TrainingTolerance { get; set; } = 1e-3;

    /// <summary>Tolerance of log densities when scoring; it can be changed without retraining.</summary>
    public double Tolerance { get; set; } = 1e-4;

    /// <summary>What makes a row an anomaly.</summary>
    public AnomalyScoring Scoring { get; set; } = AnomalyScoring.DensityAndDistance;

    /// <summary>
    /// Whether the base distribution may be Student's t of several dimensions, whose tails are heavier than those of a normal one: it is, of the degrees of
    /// freedom that make held-out rows likeliest, where these are likelier under it. Held out are the validation set, or the rows of
    /// <see cref="TrainingOptions.ValidationFraction"/>; where there are none, the base is normal.
    /// </summary>
    public bool HeavyTails { get; set; } = true;

    /// <summary>
    /// Largest fraction of the training rows, held-out ones included, that are taken for anomalies, from 0 to 0.5, which sets the threshold on
    /// the score. Rows whose scores are equal to within <see cref="Tolerance"/> are all taken for anomalies or none.
    /// </summary>
    public double Contamination { get; set; } = 0.05;

    /// <inheritdoc cref="ImplicitTrainerOptions.Training"/>
    public TrainingOptions Training { get; set; } = new();

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.InputColumns => [(nameof(ContextColumnName), ContextColumnName)];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.LabelColumns => [(nameof(FeatureColumnName), FeatureColumnName)];

    void IEstimatorOptions.Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(FeatureColumnName);
        ArgumentNullException.ThrowIfNull(Training);
        ArgumentNullException.ThrowIfNull(ManifoldFeatures);
        Setting.Require(ManifoldFeatures.All(feature => feature is not null), nameof(ManifoldFeatures), "must not hold null");
        Setting.Require(Enum.IsDefined(Method), nameof(Method), "is not a known method");
        Setting.Require(HiddenWidth is null or (>= 4 and <= 8192), nameof(HiddenWidth), "must lie between 4 and 8192");
        Setting.Require(HiddenLayers is >= 1 and <= 8, nameof(HiddenLayers), "must lie between 1 and 8");
        Setting.Require(Enum.IsDefined(Activation), nameof(Activation), "is not a known activation");
        Setting.Require(Enum.IsDefined(Time), nameof(Time), "is not a known conditioning");
        Setting.Require(Enum.IsDefined(Trace), nameof(Trace), "is not a known estimator");
        Setting.Require(KineticPenalty is null or (>= 0 and < double.PositiveInfinity), nameof(KineticPenalty), "must not be negative");
        Setting.Require(JacobianPenalty is null or (>= 0 and < double.PositiveInfinity), nameof(JacobianPenalty), "must not be negative");
        Setting.Require(Smoothing is null or (>= 0 and < 1), nameof(Smoothing), "must lie between 0 and 1");
        Setting.Require(TrainingTolerance is > 0 and < 1, nameof(TrainingTolerance), "must lie between 0 and 1");
        Setting.Require(Tolerance is > 0 and < 1, nameof(Tolerance), "must lie between 0 and 1");
        Setting.Require(Enum.IsDefined(Scoring), nameof(Scoring), "is not a known score");
        Setting.Require(
            Scoring != AnomalyScoring.PolarLogDensity || ManifoldFeatures.Count == 0,
            nameof(Scoring),
            $"{nameof(AnomalyScoring.PolarLogDensity)} needs features that are all plain numbers: angles and unit vectors have no length to tell apart");
        Setting.Require(Contamination is >= 0 and <= 0.5, nameof(Contamination), "must lie between 0 and 0.5");
        Training.Validate();
    }
}
