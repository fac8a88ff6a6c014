using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Trains a forecaster of irregularly sampled series whose values are uncertain because the process itself is (Li, Wong, Chen and Duvenaud, "Scalable gradients for
/// stochastic differential equations", 2020): the latent state follows dz = f(z) dt + g(z) dW. Each row holds a whole series; every prefix of it is a training example.
/// </summary>
/// <remarks>
/// Forecasts are means of simulated paths, and predicted scales their spread together with the noise of observation. All else is as
/// <see cref="LatentOdeForecaster"/> says: the regression that forecasts are blended with, levels far from those of training, and the calibration of the bounds.
/// </remarks>
public sealed class LatentSdeForecaster : ForecastTrainer<LatentSdeTransformer, LatentSdeModelParameters>
{
    private readonly LatentSdeOptions _options;

    internal LatentSdeForecaster(IHostEnvironment environment, LatentSdeOptions options)
        : base(environment, nameof(LatentSdeForecaster), options) => _options = options;

    private protected override ForecastTraining<LatentSdeModelParameters> CreateTraining(SeriesSetReader reader, TrainingRun run) => new LatentSdeTraining(_options, reader, run);

    private protected override LatentSdeTransformer Create(LatentSdeModelParameters model, SeriesColumns input, ForecastColumns output) => new(Host, model, input, output);
}
