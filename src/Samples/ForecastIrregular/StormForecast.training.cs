using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.ForecastIrregular;

internal static partial class StormForecast
{
    private const double LongestHorizon = 48;
    private static readonly string[] Variables = [nameof(Storm.Latitude), nameof(Storm.Longitude), nameof(Storm.Wind), nameof(Storm.Pressure)];

    /// <summary>Loads the observations, groups them into storms and sets a fifth of the storms aside.</summary>
    private static (IDataView Train, List<Storm> Test) LoadData(MLContext ml, SampleSettings settings)
    {
        IDataView observations = ml.Data.LoadFromTextFile(
            settings.DataPath("ForecastIrregular", "storms.csv"),
            new TextLoader.Options
            {
                Columns =
                [
                    new(nameof(Storm.Name), DataKind.String, 0),
                    new("Time", DataKind.DateTime, 1),
                    new(nameof(Storm.Latitude), DataKind.Single, 2),
                    new(nameof(Storm.Longitude), DataKind.Single, 3),
                    new(nameof(Storm.Wind), DataKind.Single, 6),
                    new(nameof(Storm.Pressure), DataKind.Single, 7),
                ],
                Separators = [','],
                HasHeader = true,
                MissingRealsAsNaNs = true,
            });
        IDataView series = ml.Transforms.GroupIntoSeries(nameof(Storm.Name), "Time", Variables).Fit(observations).Transform(observations);
        List<Storm> storms = [.. ml.Data.CreateEnumerable<StormSeries>(series, reuseRowObject: false).Select(storm => storm.ToHours())];
        var random = new Random(settings.Seed);
        Storm[] shuffled = [.. storms.OrderBy(_ => random.Next())];
        int held = shuffled.Length / 5;
        return (ml.Data.LoadFromEnumerable(shuffled[held..]), [.. shuffled[..held]]);
    }

    /// <summary>Trains the forecaster with default options.</summary>
    private static LatentOdeTransformer Train(MLContext ml, IDataView data, string device, IProgress<TrainingProgress> progress) =>
        ml.Forecasting.ForecastByLatentOde(new LatentOdeOptions
        {
            TimeColumnName = nameof(Storm.Hour),
            InputColumnNames = Variables,
            ForecastTimeColumnName = nameof(Storm.ForecastHour),
            MaximumHorizon = LongestHorizon,
            ConfidenceLowerBoundColumn = nameof(StormOutlook.Lower),
            ConfidenceUpperBoundColumn = nameof(StormOutlook.Upper),
            Training = new TrainingOptions { Device = device, Progress = progress },
        }).Fit(data);
}
