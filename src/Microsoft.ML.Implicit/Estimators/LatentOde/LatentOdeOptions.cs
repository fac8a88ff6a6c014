using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of the latent-ODE forecaster.</summary>
public sealed class LatentOdeOptions : LatentForecasterOptions
{
    /// <summary>Where in time the latent initial state stands.</summary>
    public LatentAnchor Anchor { get; set; } = LatentAnchor.LastObservation;

    /// <summary>Steps of the Runge-Kutta method of order 4 over the longest horizon.</summary>
    public int SolverSteps { get; set; } = 16;

    /// <summary>Weight of the Kullback-Leibler divergence between posterior and prior of the latent initial state, reached after the first third of training.</summary>
    public double DivergenceWeight { get; set; } = 1e-3;

    private protected override void ValidateNetwork()
    {
        Setting.Require(Enum.IsDefined(Anchor), nameof(Anchor), "is not a known place");
        Setting.Require(SolverSteps is >= 1 and <= 4096, nameof(SolverSteps), "must lie between 1 and 4096");
        Setting.Require(DivergenceWeight >= 0 && double.IsFinite(DivergenceWeight), nameof(DivergenceWeight), "must not be negative");
    }
}
