using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.Scenarios;

internal static partial class StormScenarios
{
    private const int PathCount = 200;

    // Every six hours for two days.
    private static readonly double[] Ahead = [.. Enumerable.Range(1, 8).Select(i => 6.0 * i)];

    /// <summary>Loads the wind of all storms and sets a fifth of the storms aside.</summary>
    private static (IDataView Train, StormWind[] Test) LoadData(MLContext ml, SampleSettings settings)
    {
        IDataView observations = ml.Data.LoadFromTextFile(
            settings.DataPath("ForecastIrregular", "storms.csv"),
            new TextLoader.Options
            {
                Columns = [new(nameof(StormWind.Name), DataKind.String, 0), new("Time", DataKind.DateTime, 1), new(nameof(StormWind.Wind), DataKind.Single, 6)],
                Separators = [','],
                HasHeader = true,
                MissingRealsAsNaNs = true,
            });
        IDataView series = ml.Transforms.GroupIntoSeries(nameof(StormWind.Name), "Time", [nameof(StormWind.Wind)]).Fit(observations).Transform(observations);
        IEnumerable<StormWind> storms = ml.Data.CreateEnumerable<WindSeries>(series, reuseRowObject: false)
            .Select(storm => new StormWind { Name = storm.Name, Hour = [.. storm.Time.Select(day => 24 * (day - storm.Time[0]))], Wind = storm.Wind });
        var random = new Random(settings.Seed);
        StormWind[] shuffled = [.. storms.OrderBy(_ => random.Next())];
        int held = shuffled.Length / 5;
        return (ml.Data.LoadFromEnumerable(shuffled[held..]), shuffled[..held]);
    }

    /// <summary>Trains one small network, which takes less than a minute.</summary>
    private static LatentSdeTransformer Train(MLContext ml, IDataView data, SampleSettings settings, IProgress<TrainingProgress> progress) =>
        ml.Forecasting.ForecastByLatentSde(new LatentSdeOptions
        {
            TimeColumnName = nameof(StormWind.Hour),
            InputColumnNames = [nameof(StormWind.Wind)],
            Horizon = Ahead,
            LatentWidth = 6,
            HiddenWidth = 24,
            SolverSteps = 8,
            EnsembleSize = 1,
            Training = new TrainingOptions { Device = settings.Device, Seed = settings.Seed, Progress = progress, MaximumEpochs = 40 },
        }).Fit(data);

    /// <summary>A storm as <c>GroupIntoSeries</c> gives it, its times in days.</summary>
    private sealed class WindSeries
    {
        public string Name { get; set; } = string.Empty;

        public double[] Time { get; set; } = [];

        public float[] Wind { get; set; } = [];
    }
}
