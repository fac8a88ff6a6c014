using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.Control;

internal static partial class HeatingControl
{
    // Every so many hours is a situation to learn from.
    private const int Stride = 3;

    private static WeatherHistory LoadData(MLContext ml, SampleSettings settings)
    {
        IDataView hours = ml.Data.LoadFromTextFile<WeatherHour>(settings.DataPath("Control", "jfk_weather.csv"), separatorChar: ',', hasHeader: true);
        return new WeatherHistory(ml.Data.CreateEnumerable<WeatherHour>(hours, reuseRowObject: false));
    }

    /// <summary>Situations of the first winter, with the room at any temperature that plans may find it at.</summary>
    private static IDataView CreateSituations(MLContext ml, WeatherHistory weather, int seed)
    {
        var random = new Random(seed);
        Situation[] situations = [.. weather.Hours(DateTime.MinValue, LastTraining).Where(hour => hour % Stride == 0).Select(hour => weather.Situation(hour, 17 + (5 * random.NextSingle())))];
        return ml.Data.LoadFromEnumerable(situations);
    }

    /// <summary>
    /// Trains a forecast of the temperatures outside. What is carried out is the heating; the room's temperature follows from the weather that came.
    /// </summary>
    private static LearnedConeProgramTransformer Train(MLContext ml, IDataView situations, DecisionLoss loss, string title, SampleSettings settings) =>
        TrainingProgressBar.Show(title, progress => ml.Transforms.LearnedConeProgram(new LearnedConeProgramOptions
        {
            Program = Room.CreateProgram(),
            LearnedParameters = ["Outdoor"],
            Loss = loss,
            DecidedVariable = "Heating",
            Tolerance = 1e-7,
            Training = new TrainingOptions { Seed = settings.Seed, Device = settings.Device, MaximumEpochs = 30, BatchSize = 64, Progress = progress },
        }).Fit(situations));
}
