using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of the neural ODE trainers.</summary>
public sealed class NeuralOdeOptions : PredictionTrainerOptions
{
    /// <summary>The vector field.</summary>
    public OdeFieldKind Field { get; set; } = OdeFieldKind.Dense;

    /// <summary>
    /// Width of the state h(0) that the features are embedded in, or channels of the convolutional field's; 0 makes the scaled features, or the image,
    /// the state. The default, <see langword="null"/>, is 32, or 16 channels.
    /// </summary>
    public int? StateWidth { get; set; }

    /// <summary>
    /// Dimensions, or channels, of zeros that the state is augmented by (Dupont, Doucet and Teh, "Augmented Neural ODEs", 2019): trajectories of an ODE
    /// never cross, and one more dimension lets them pass one another.
    /// </summary>
    public int AugmentedDimensions { get; set; } = 1;

    /// <summary>Width of the field's hidden layers, or channels between its convolutions. The default, <see langword="null"/>, is 64, or 32 channels.</summary>
    public int? HiddenWidth { get; set; }

    /// <summary>Hidden layers of the dense field.</summary>
    public int HiddenLayers { get; set; } = 1;

    /// <summary>How the ODE is solved.</summary>
    public OdeSolverKind Solver { get; set; } = OdeSolverKind.Bosh3;

    /// <summary>Relative and absolute tolerance of the local error, in training and scoring. States are of the order of one.</summary>
    public double Tolerance { get; set; } = 1e-3;

    /// <summary>Limit on the steps of a solve. A row that needs more has a NaN score; a batch of training that does is an <see cref="InvalidOperationException"/>.</summary>
    public int MaximumSteps { get; set; } = 500;

    /// <summary>Weight of ∫ ‖f‖² dt in the loss, a mean over dimensions (Finlay et al., "How to train your neural ODE", 2020); 0 leaves it out.</summary>
    public double KineticPenalty { get; set; }

    /// <summary>Weight of ∫ ‖∂f/∂h e‖² dt with random directions e, a mean over dimensions (Finlay et al., 2020); 0 leaves it out.</summary>
    public double JacobianPenalty { get; set; }

    /// <summary>Weight of ∫ ‖d²h/dt²‖² dt, a mean over dimensions (Kelly et al., "Learning differential equations that are easy to solve", 2020, K = 2); 0 leaves it out.</summary>
    public double SecondDerivativePenalty { get; set; }

    /// <summary>Weight of ∫ ‖d³h/dt³‖² dt, a mean over dimensions (Kelly et al., 2020, K = 3); 0 leaves it out. A step of training costs several times as much.</summary>
    public double ThirdDerivativePenalty { get; set; }

    /// <summary>r: training solves to an end time drawn from 1 - r to 1 + r, once a batch (Ghosh et al., "STEER: Simple Temporal Regularization for Neural ODEs", 2020); 0 to solve to 1.</summary>
    public double EndTimeSpread { get; set; }

    /// <summary>Column to write what each row's solve evaluated to (Single: evaluations of f, summed over the networks), or <see langword="null"/> for none.</summary>
    public string? EvaluationColumnName { get; set; }

    internal override bool ReadsImages => Field == OdeFieldKind.Convolutional;

    internal override bool ReadsSparse => !ReadsImages && StateWidth != 0;

    private protected override IEnumerable<(string Setting, string? Column)> OutputColumns => [(nameof(EvaluationColumnName), EvaluationColumnName)];

    private protected override void ValidateNetwork()
    {
        Setting.Require(Enum.IsDefined(Field), nameof(Field), "is not a known field");
        Setting.Require(Enum.IsDefined(Solver), nameof(Solver), "is not a known method");
        Setting.Require(StateWidth is null or (>= 0 and <= 8192), nameof(StateWidth), "must lie between 0 and 8192");
        Setting.Require(!EmbedCategories || StateWidth != 0, nameof(EmbedCategories), "must be false where StateWidth is 0 and the state is the features themselves");
        Setting.Require(AugmentedDimensions is >= 0 and <= 8192, nameof(AugmentedDimensions), "must lie between 0 and 8192");
        Setting.Require(HiddenWidth is null or (>= 1 and <= 8192), nameof(HiddenWidth), "must lie between 1 and 8192");
        Setting.Require(HiddenLayers is >= 1 and <= 16, nameof(HiddenLayers), "must lie between 1 and 16");
        Setting.Require(Tolerance is > 0 and < 1, nameof(Tolerance), "must lie between 0 and 1");
        Setting.Require(MaximumSteps > 0, nameof(MaximumSteps), "must be positive");
        bool isTaken = EvaluationColumnName is DefaultColumnNames.Score or DefaultColumnNames.PredictedLabel or DefaultColumnNames.Probability;
        Setting.Require(!isTaken, nameof(EvaluationColumnName), "is a column that predictions stand in");
        RequirePenalty(KineticPenalty, nameof(KineticPenalty));
        RequirePenalty(JacobianPenalty, nameof(JacobianPenalty));
        RequirePenalty(SecondDerivativePenalty, nameof(SecondDerivativePenalty));
        RequirePenalty(ThirdDerivativePenalty, nameof(ThirdDerivativePenalty));
        Setting.Require(EndTimeSpread is >= 0 and < 1, nameof(EndTimeSpread), "must lie between 0 and 1");
    }

    private static void RequirePenalty(double weight, string name) => Setting.Require(weight >= 0 && double.IsFinite(weight), name, "must not be negative");
}
