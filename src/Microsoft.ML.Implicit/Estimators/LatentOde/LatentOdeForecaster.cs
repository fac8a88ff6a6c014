using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Trains a forecaster of irregularly sampled series (Rubanova, Chen and Duvenaud, "Latent ODEs for irregularly-sampled
/// time series", 2019). Each row holds a whole series; every prefix of it is a training example. Times need no grid and
/// missing values no imputation.
/// </summary>
/// <remarks>
/// The forecast is the last observed value plus a change: the weighted mean of what the latent state is decoded to and of a linear regression on the last values,
/// their slopes, the values one season before and what the encoder is told, weighted by what they forecast of held-out series. What of a value lies more than five
/// standard deviations off the mean of the training values is left out, unless the value before lies there too. A series at such a
/// level is forecast by changes that were learned elsewhere: its bounds are at least a twentieth of the distance beyond those five
/// standard deviations away from the forecast. Bounds are calibrated on series, or with few series on stretches
/// of time, that each network of the ensemble did not see. For training, values further from the median of their column than ten
/// times the distance that 99 of 100 stay within are taken for ones at that distance.
/// </remarks>
public sealed class LatentOdeForecaster : ForecastTrainer<LatentOdeTransformer, LatentOdeModelParameters>
{
    private readonly LatentOdeOptions _options;

    internal LatentOdeForecaster(IHostEnvironment environment, LatentOdeOptions options)
        : base(environment, nameof(LatentOdeForecaster), options) => _options = options;

    private protected override ForecastTraining<LatentOdeModelParameters> CreateTraining(SeriesSetReader reader, TrainingRun run) => new LatentOdeTraining(_options, reader, run);

    private protected override LatentOdeTransformer Create(LatentOdeModelParameters model, SeriesColumns input, ForecastColumns output) => new(Host, model, input, output);
}
