using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.Pendulum;

internal static partial class PendulumForecast
{
    /// <summary>Trains the forecaster: an energy of an angle and its momentum.</summary>
    private static MechanicsTransformer Train(MLContext ml, IDataView data, string device, IProgress<TrainingProgress> progress) =>
        ml.Forecasting.ForecastByMechanics(new MechanicsOptions
        {
            PositionColumnNames = [nameof(PendulumSwing.Angle)],
            MomentumColumnNames = [nameof(PendulumSwing.Momentum)],
            AngleColumnNames = [nameof(PendulumSwing.Angle)],
            Form = MechanicsForm.SeparableHamiltonian,
            ForecastTimeColumnName = nameof(PendulumSwing.ForecastTime),
            Training = new TrainingOptions { Device = device, Progress = progress },
        }).Fit(data);

    /// <summary>Trains a forecaster that knows nothing of energies.</summary>
    private static LatentOdeTransformer TrainLatentOde(MLContext ml, IDataView data, string device, IProgress<TrainingProgress> progress) =>
        ml.Forecasting.ForecastByLatentOde(new LatentOdeOptions
        {
            InputColumnNames = [nameof(PendulumSwing.Angle), nameof(PendulumSwing.Momentum)],
            ForecastTimeColumnName = nameof(PendulumSwing.ForecastTime),
            EnsembleSize = 1,
            Training = new TrainingOptions { Device = device, Progress = progress },
        }).Fit(data);
}
