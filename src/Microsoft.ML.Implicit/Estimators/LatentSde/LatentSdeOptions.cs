using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of the latent-SDE forecaster.</summary>
public sealed class LatentSdeOptions : LatentForecasterOptions
{
    /// <summary>
    /// Creates the default settings. A latent state is narrower than that of a latent ODE, 4 numbers, and has at least one more than there are variables: elements that nothing is observed
    /// of move with noise of their own, which the drift of the others has to learn to ignore.
    /// </summary>
    public LatentSdeOptions() => LatentWidth = 4;

    /// <summary>How the equation is trained.</summary>
    public LatentSdeTrainingMethod TrainingMethod { get; set; } = LatentSdeTrainingMethod.SdeMatching;

    /// <summary>
    /// Steps of Heun's method over the longest horizon. With <see langword="null"/> as many as forecasts need, from 16 to 512: the fewest at which twice as many, along the
    /// same noise, change forecasts by at most three hundredths of their scale. <see cref="LatentSdeTrainingMethod.Adjoint"/>, whose training takes the same steps, then takes 16.
    /// </summary>
    public int? SolverSteps { get; set; }

    /// <summary>Simulated paths of each network that a forecast is the mean of, in pairs with opposite noise; an even number. Half as many draws stand behind a predicted spread.</summary>
    public int PathCount { get; set; } = 256;

    /// <summary>Weight of the Kullback-Leibler divergence between the latent paths' posterior and prior; 1 is the evidence lower bound.</summary>
    public double DivergenceWeight { get; set; } = 1;

    private protected override void ValidateNetwork()
    {
        Setting.Require(Enum.IsDefined(TrainingMethod), nameof(TrainingMethod), "is not a known method");
        Setting.Require(SolverSteps is null or (>= 1 and <= 4096), nameof(SolverSteps), "must lie between 1 and 4096");
        Setting.Require(PathCount is >= 2 and <= 4096 && PathCount % 2 == 0, nameof(PathCount), "must be an even number between 2 and 4096");
        Setting.Require(DivergenceWeight >= 0 && double.IsFinite(DivergenceWeight), nameof(DivergenceWeight), "must not be negative");
    }
}
