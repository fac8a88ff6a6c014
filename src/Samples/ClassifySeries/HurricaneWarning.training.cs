using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.ClassifySeries;

internal static partial class HurricaneWarning
{
    private const double FirstHours = 48;
    private const int FewestObservations = 4;
    private const float HurricaneKnots = 64;

    private static readonly string[] Channels = [nameof(StormBeginning.Latitude), nameof(StormBeginning.Longitude), nameof(StormBeginning.Wind), nameof(StormBeginning.Pressure)];

    /// <summary>Loads the storms, cuts them after two days, leaves out those that are over or hurricanes by then, and sets a third aside.</summary>
    private static (StormBeginning[] Train, StormBeginning[] Test) LoadData(MLContext ml, SampleSettings settings)
    {
        IDataView observations = ml.Data.LoadFromTextFile<Observation>(settings.DataPath("ForecastIrregular", "storms.csv"), separatorChar: ',', hasHeader: true);
        StormBeginning[] storms =
        [
            .. ml.Data.CreateEnumerable<Observation>(observations, reuseRowObject: false)
                .GroupBy(observation => observation.Name)
                .Select(storm => storm.ToArray())
                .Where(storm => Early(storm).Length >= FewestObservations && Early(storm).Length < storm.Length && !Array.Exists(Early(storm), observation => observation.Wind >= HurricaneKnots))
                .Select(Begin),
        ];
        new Random(settings.Seed).Shuffle(storms);
        int held = storms.Length / 3;
        return (storms[held..], storms[..held]);
    }

    /// <summary>Trains the classifier with default options.</summary>
    private static ControlledEquationTransformer Train(MLContext ml, IDataView data, SampleSettings settings, IProgress<TrainingProgress> progress) =>
        ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(new ControlledEquationOptions
        {
            LabelColumnName = nameof(StormBeginning.BecomesHurricane),
            TimeColumnName = nameof(StormBeginning.Hour),
            InputColumnNames = Channels,
            StaticColumnNames = [nameof(StormBeginning.Season)],
            Training = new TrainingOptions { Device = settings.Device, Progress = progress },
        }).Fit(data);

    private static Observation[] Early(Observation[] storm) => [.. storm.TakeWhile(observation => (observation.Time - storm[0].Time).TotalHours <= FirstHours)];

    private static StormBeginning Begin(Observation[] storm)
    {
        Observation[] early = Early(storm);
        return new StormBeginning
        {
            Name = storm[0].Name,
            Hour = [.. early.Select(observation => (observation.Time - storm[0].Time).TotalHours)],
            Latitude = [.. early.Select(observation => observation.Latitude)],
            Longitude = [.. early.Select(observation => observation.Longitude)],
            Wind = [.. early.Select(observation => observation.Wind)],
            Pressure = [.. early.Select(observation => observation.Pressure)],
            Season = storm[0].Time.DayOfYear,
            BecomesHurricane = Array.Exists(storm, observation => observation.Wind >= HurricaneKnots),
        };
    }

    private sealed class Observation
    {
        [LoadColumn(0)]
        public string Name { get; set; } = string.Empty;

        [LoadColumn(1)]
        public DateTime Time { get; set; }

        [LoadColumn(2)]
        public float Latitude { get; set; }

        [LoadColumn(3)]
        public float Longitude { get; set; }

        [LoadColumn(6)]
        public float Wind { get; set; }

        [LoadColumn(7)]
        public float Pressure { get; set; }
    }
}
