using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of the latent-SDE forecaster.</summary>
public sealed class LatentSdeOptions : ForecasterOptions
{
    /// <summary>How the equation is trained.</summary>
    public LatentSdeTrainingMethod TrainingMethod { get; set; } = LatentSdeTrainingMethod.SdeMatching;

    /// <summary>Steps of the Euler-Maruyama method over the longest horizon.</summary>
    public int SolverSteps { get; set; } = 16;

    /// <summary>Simulated paths of each network that a forecast is the mean of, in pairs with opposite noise; an even number. Half as many draws stand behind a predicted spread.</summary>
    public int PathCount { get; set; } = 256;

    /// <summary>Weight of the Kullback-Leibler divergence between the latent paths' posterior and prior; 1 is the evidence lower bound.</summary>
    public double DivergenceWeight { get; set; } = 1;

    private protected override void ValidateNetwork()
    {
        Setting.Require(Enum.IsDefined(TrainingMethod), nameof(TrainingMethod), "is not a known method");
        Setting.Require(SolverSteps is >= 1 and <= 4096, nameof(SolverSteps), "must lie between 1 and 4096");
        Setting.Require(PathCount is >= 2 and <= 4096 && PathCount % 2 == 0, nameof(PathCount), "must be an even number between 2 and 4096");
        Setting.Require(DivergenceWeight >= 0 && double.IsFinite(DivergenceWeight), nameof(DivergenceWeight), "must not be negative");
    }
}
