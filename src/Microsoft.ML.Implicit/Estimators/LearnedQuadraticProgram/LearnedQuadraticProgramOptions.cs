using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <see cref="LearnedQuadraticProgramEstimator"/>. Without P, p is predicted from the features.</summary>
public sealed class LearnedQuadraticProgramOptions : QuadraticProgramSettings, ITrainerOptions
{
    /// <summary>Label column: a vector of Single or Double, a decision or realised costs as <see cref="Loss"/> says, one slot a variable.</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>Feature column: a vector of Single or Double of known size; not read where nothing is predicted.</summary>
    public string FeatureColumnName { get; set; } = "Features";

    /// <inheritdoc cref="ImplicitTrainerOptions.ExampleWeightColumnName"/>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>Column for the predicted (or given) p: a vector of Single, or <see langword="null"/>.</summary>
    public string? PredictedCostColumnName { get; set; } = "PredictedCost";

    /// <summary>What the model is trained to do.</summary>
    public DecisionLoss Loss { get; set; } = DecisionLoss.SpoPlus;

    /// <summary>Width of a perceptron's hidden layer, which is added to the linear predictor; 0 for a linear predictor alone.</summary>
    public int HiddenWidth { get; set; }

    /// <summary>Whether an offset of h is predicted too, beside the given H; for imitation.</summary>
    public bool PredictRightHandSide { get; set; }

    /// <summary>Number of inequalities whose G and h are learned, the same for all rows; for imitation, without given constraints but bounds.</summary>
    public int LearnedInequalities { get; set; }

    /// <summary>Number of equalities whose A and b are learned, the same for all rows; for imitation, without given constraints but bounds.</summary>
    public int LearnedEqualities { get; set; }

    /// <summary>
    /// Curvature added to Q while training on <see cref="DecisionLoss.Regret"/>, relative to the root mean square of the costs:
    /// the smaller, the truer and the more uneven the gradient.
    /// </summary>
    public double Smoothing { get; set; } = 0.3;

    /// <inheritdoc cref="ImplicitTrainerOptions.Training"/>
    public TrainingOptions Training { get; set; } = new();

    internal bool LearnsConstraints => LearnedInequalities + LearnedEqualities > 0;

    /// <summary>Whether training begins at the least-squares prediction of realised costs.</summary>
    internal bool StartsFitted => Loss != DecisionLoss.Imitation;

    /// <summary>Whether that prediction is the model where training is cancelled before there is a better one.</summary>
    internal bool ReturnsFittedStart => StartsFitted && Training.OnCancellation == CancellationBehavior.ReturnBestModel;

    internal bool UsesFeatures => P is null || PredictRightHandSide;

    /// <inheritdoc/>
    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.InputColumns => [(nameof(FeatureColumnName), FeatureColumnName), .. new QuadraticTemplate(this).Columns];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.LabelColumns => [(nameof(LabelColumnName), LabelColumnName)];

    private protected override IEnumerable<(string Setting, string? Column)> OutputColumns =>
        [.. base.OutputColumns, (nameof(PredictedCostColumnName), PredictedCostColumnName)];

    /// <inheritdoc/>
    private protected override void Validate()
    {
        base.Validate();
        ArgumentNullException.ThrowIfNull(Training);
        Setting.Require(!string.IsNullOrEmpty(LabelColumnName), nameof(LabelColumnName), "must be given");
        Setting.Require(!string.IsNullOrEmpty(FeatureColumnName), nameof(FeatureColumnName), "must be given");
        Setting.Require(Enum.IsDefined(Loss), nameof(Loss), "is not a known loss");
        Setting.Require(HiddenWidth is >= 0 and <= 8192, nameof(HiddenWidth), "must lie between 0 and 8192");
        Setting.Require(LearnedInequalities is >= 0 and <= 8192, nameof(LearnedInequalities), "must lie between 0 and 8192");
        Setting.Require(LearnedEqualities is >= 0 and <= 8192, nameof(LearnedEqualities), "must lie between 0 and 8192");
        Setting.Require(Smoothing > 0 && double.IsFinite(Smoothing), nameof(Smoothing), "must be positive");
        Setting.Require(!PredictRightHandSide || H is not null, nameof(PredictRightHandSide), "needs H, to which the prediction is added");
        Setting.Require(!LearnsConstraints || (G is null && A is null), nameof(LearnedEqualities), "and LearnedInequalities cannot be combined with G and A");
        Setting.Require(P is null || LearnsConstraints || PredictRightHandSide, nameof(P), "is given, and nothing else is to be learned");
        if (Loss == DecisionLoss.Imitation)
        {
            Setting.Require(Q is not null, nameof(Q), "must be given for imitation: the solution of a linear program has no useful gradient");
        }
        else
        {
            Setting.Require(P is null, nameof(P), "is what is predicted from realised costs; it cannot be given");
            Setting.Require(!LearnsConstraints && !PredictRightHandSide, nameof(Loss), "must be Imitation where constraints are learned: realised costs say nothing about them");
        }

        Training.Validate();
    }
}
