using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.ForecastGaps;

internal static partial class CarbonForecast
{
    private const double Year = 365.25;

    /// <summary>Loads the weeks that were measured, as one series.</summary>
    private static CarbonSeries LoadData(MLContext ml, SampleSettings settings)
    {
        // Without MissingRealsAsNaNs the loader reads the empty fields of weeks without a measurement as 0 ppm.
        IDataView weeks = ml.Data.LoadFromTextFile(
            settings.DataPath("ForecastGaps", "co2_weekly.csv"),
            new TextLoader.Options
            {
                Columns = [new(nameof(CarbonSeries.Date), DataKind.DateTime, 0), new(nameof(CarbonSeries.Concentration), DataKind.Single, 1)],
                Separators = [','],
                HasHeader = true,
                MissingRealsAsNaNs = true,
            });
        IDataView measured = ml.Data.FilterRowsByMissingValues(weeks, nameof(CarbonSeries.Concentration));
        IDataView series = ml.Transforms.GroupIntoSeries(null, nameof(CarbonSeries.Date), [nameof(CarbonSeries.Concentration)]).Fit(measured).Transform(measured);
        return ml.Data.CreateEnumerable<CarbonSeries>(series, reuseRowObject: false).Single();
    }

    /// <summary>Trains the forecaster on horizons of up to a year, told that seasons last one.</summary>
    private static LatentOdeTransformer Train(MLContext ml, CarbonSeries series, string device, IProgress<TrainingProgress> progress) =>
        ml.Forecasting.ForecastByLatentOde(new LatentOdeOptions
        {
            TimeColumnName = nameof(CarbonSeries.Date),
            InputColumnNames = [nameof(CarbonSeries.Concentration)],
            Horizon = [.. Enumerable.Range(1, 52).Select(week => 7.0 * week)],
            SeasonalPeriods = [Year],
            ConfidenceLowerBoundColumn = nameof(CarbonOutlook.Lower),
            ConfidenceUpperBoundColumn = nameof(CarbonOutlook.Upper),
            Training = new TrainingOptions { Device = device, Progress = progress },
        }).Fit(ml.Data.LoadFromEnumerable([series]));
}
