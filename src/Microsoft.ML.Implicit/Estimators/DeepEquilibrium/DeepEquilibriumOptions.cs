using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of the deep-equilibrium trainers.</summary>
public sealed class DeepEquilibriumOptions : PredictionTrainerOptions
{
    /// <summary>The function whose fixed point is the hidden state.</summary>
    public EquilibriumCellKind Cell { get; set; } = EquilibriumCellKind.Dense;

    /// <summary>
    /// Width of the dense cell's state, or <see langword="null"/> for 64 below 5,000 rows and 128 from there on. The convolutional cell has a quarter of
    /// it, 128 by default, as channels at its finer resolution and half of it at the coarser one.
    /// </summary>
    public int? HiddenWidth { get; set; }

    /// <summary>How the hidden state's fixed point is found.</summary>
    public EquilibriumSolverKind Solver { get; set; } = EquilibriumSolverKind.Anderson;

    /// <summary>Residual of the fixed point, relative to its norm, at which a row counts as solved, in training and scoring.</summary>
    public double Tolerance { get; set; } = 1e-3;

    /// <summary>Relative residual at which the implicit gradient counts as solved.</summary>
    public double GradientTolerance { get; set; } = 1e-2;

    /// <summary>Limit on solver iterations.</summary>
    public int MaximumIterations { get; set; } = 40;

    /// <summary>Weight of the squared Frobenius norm of the cell's Jacobian in the loss (Bai, Koltun and Kolter, 2021); 0 leaves it out.</summary>
    public double JacobianPenalty { get; set; }

    internal override bool ReadsImages => Cell == EquilibriumCellKind.MultiscaleConvolutional;

    private protected override void ValidateNetwork()
    {
        Setting.Require(Enum.IsDefined(Cell), nameof(Cell), "is not a known cell");
        Setting.Require(Enum.IsDefined(Solver), nameof(Solver), "is not a known method");
        Setting.Require(HiddenWidth is null or (>= 8 and <= 8192), nameof(HiddenWidth), "must lie between 8 and 8192");
        Setting.Require(Tolerance is > 0 and < 1, nameof(Tolerance), "must lie between 0 and 1");
        Setting.Require(GradientTolerance is > 0 and < 1, nameof(GradientTolerance), "must lie between 0 and 1");
        Setting.Require(MaximumIterations > 0, nameof(MaximumIterations), "must be positive");
        Setting.Require(JacobianPenalty >= 0 && double.IsFinite(JacobianPenalty), nameof(JacobianPenalty), "must not be negative");
    }
}
