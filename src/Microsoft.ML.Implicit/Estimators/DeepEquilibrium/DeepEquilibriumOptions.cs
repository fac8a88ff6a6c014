using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of the deep-equilibrium trainers.</summary>
public sealed class DeepEquilibriumOptions : TrainerInputBaseWithWeight, ITrainerOptions
{
    internal const int MaximumEnsembleSize = 64;

    /// <summary>The function whose fixed point is the hidden state.</summary>
    public EquilibriumCellKind Cell { get; set; } = EquilibriumCellKind.Dense;

    /// <summary>Shape of the images in the feature column; needed by <see cref="EquilibriumCellKind.MultiscaleConvolutional"/>.</summary>
    public ImageShape? Image { get; set; }

    /// <summary>
    /// Width of the dense cell's state, or <see langword="null"/> for 64 below 5,000 rows and 128 from there on. The convolutional cell has a quarter of
    /// it, 128 by default, as channels at its finer resolution and half of it at the coarser one.
    /// </summary>
    public int? HiddenWidth { get; set; }

    /// <summary>
    /// Fraction of the embedded input and of the read-out state set to zero in training, drawn once for each solve, or
    /// <see langword="null"/>: chosen between 0.1 and 0.7 where <see cref="EnsembleSize"/> says so, and otherwise 0.5 below 500 rows, 0.3
    /// below 5,000 unless for regression, and 0.1.
    /// </summary>
    public double? Dropout { get; set; }

    /// <summary>
    /// Fraction of the encoded features set to zero in training, which reads as the middle of their range (Srivastava et al.,
    /// "Dropout", 2014), or <see langword="null"/>: for classification of d features with the dense cell p · d / (d + 8), with p = 0.5
    /// below 5,000 rows and 0.15 from there on, and otherwise none. Where <see cref="EnsembleSize"/> says so, none and twice as much are
    /// chosen from.
    /// </summary>
    public double? InputDropout { get; set; }

    /// <summary>
    /// Networks whose predictions are averaged, trained one after another from seeds of their own, or <see langword="null"/>. Then, from
    /// 50 to 5,000 rows without validation rows, the dense cell trains five networks with little regularisation and five with much, each
    /// without a fifth of the rows; the five, or all ten, that predict those fifths best are the model, their outputs scaled to be as sure
    /// as they were right there. Fewer rows have 5 networks, and others 1. Time to train and to score grows with their number. Where
    /// cancellation is to return the best model, networks that are not finished are left out, unless it is the first.
    /// </summary>
    public int? EnsembleSize { get; set; }

    /// <summary>Pixels by which images are shifted at random in training, for objects that are not centred.</summary>
    public int MaximumImageShift { get; set; }

    /// <summary>How the hidden state's fixed point is found.</summary>
    public FixedPointMethod Solver { get; set; } = FixedPointMethod.Anderson;

    /// <summary>Residual of the fixed point, relative to its norm, at which a row counts as solved, in training and scoring.</summary>
    public double Tolerance { get; set; } = 1e-3;

    /// <summary>Relative residual at which the implicit gradient counts as solved.</summary>
    public double GradientTolerance { get; set; } = 1e-2;

    /// <summary>Limit on solver iterations.</summary>
    public int MaximumIterations { get; set; } = 40;

    /// <summary>Weight of the squared Frobenius norm of the cell's Jacobian in the loss (Bai, Koltun and Kolter, 2021); 0 leaves it out.</summary>
    public double JacobianPenalty { get; set; }

    /// <summary>Epochs, learning rate, validation, seed, device, progress and cancellation. Progress counts the epochs of all networks.</summary>
    public TrainingOptions Training { get; set; } = new();

    void IEstimatorOptions.Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(LabelColumnName);
        ArgumentException.ThrowIfNullOrEmpty(FeatureColumnName);
        ArgumentNullException.ThrowIfNull(Training);
        Setting.Require(Enum.IsDefined(Cell), nameof(Cell), "is not a known cell");
        Setting.Require(Enum.IsDefined(Solver), nameof(Solver), "is not a known method");
        Setting.Require(HiddenWidth is null or (>= 8 and <= 8192), nameof(HiddenWidth), "must lie between 8 and 8192");
        Setting.Require(Dropout is null or (>= 0 and < 1), nameof(Dropout), "must lie between 0 and 1");
        Setting.Require(InputDropout is null or (>= 0 and < 1), nameof(InputDropout), "must lie between 0 and 1");
        Setting.Require(EnsembleSize is null or (>= 1 and <= MaximumEnsembleSize), nameof(EnsembleSize), $"must lie between 1 and {MaximumEnsembleSize}");
        Setting.Require(MaximumImageShift >= 0, nameof(MaximumImageShift), "must not be negative");
        Setting.Require(Tolerance is > 0 and < 1, nameof(Tolerance), "must lie between 0 and 1");
        Setting.Require(GradientTolerance is > 0 and < 1, nameof(GradientTolerance), "must lie between 0 and 1");
        Setting.Require(MaximumIterations > 0, nameof(MaximumIterations), "must be positive");
        Setting.Require(JacobianPenalty >= 0 && double.IsFinite(JacobianPenalty), nameof(JacobianPenalty), "must not be negative");
        Setting.Require(Cell == EquilibriumCellKind.Dense || Image is not null, nameof(Image), "must be given for the convolutional cell");
        Setting.Require(Cell == EquilibriumCellKind.Dense || Image is { HasRoom: true }, nameof(Image), $"must have a channel and two pixels at least, and is {Image?.Channels} x {Image?.Height} x {Image?.Width}");
        Training.Validate();
    }
}
