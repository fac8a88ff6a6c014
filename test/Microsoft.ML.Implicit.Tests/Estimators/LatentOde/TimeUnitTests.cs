using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>Series on a grid, where many gaps are as long as a horizon but for the rounding of times.</summary>
[TestClass]
public class TimeUnitTests
{
    private static readonly double[] Units = [1.0 / 7, 0.1, 1e-4];

    [TestMethod]
    public void Forecasts_do_not_depend_on_the_unit_of_time_where_horizons_lie_on_the_grid_of_observations() => AssertSame(networks: 2, _ => { });

    [TestMethod]
    public void Forecasts_do_not_depend_on_the_unit_of_time_where_seasons_and_covariates_lie_on_the_grid_of_observations() =>
        AssertSame(networks: 1, options =>
        {
            options.CovariateColumnNames = [nameof(GridRow.Load)];
            options.CovariateTimeColumnName = nameof(GridRow.LoadTime);
            options.SeasonalPeriods = [options.Horizon[1]];
        });

    [TestMethod]
    public void A_value_holds_from_a_time_on_that_is_rounded()
    {
        var function = new StepFunction([0, 0.3, 0.7], [1, 2, 3], 0, 1);
        Assert.AreEqual(2, function.At(Math.BitDecrement(0.3)));
        Assert.AreEqual(3, function.At(0.7 - 1e-9));
        Assert.AreEqual(1, function.At(0.299));
        Assert.AreEqual(1, function.Mean(0, 0.3), 1e-12);
    }

    [TestMethod]
    public void Whether_series_are_held_out_does_not_depend_on_the_rounding_of_their_lengths()
    {
        Assert.IsTrue(ForecastDivision.HoldsOutSeries(8, Math.BitIncrement(8.0)));
        Assert.IsFalse(ForecastDivision.HoldsOutSeries(8, 8.1));
        Assert.IsFalse(ForecastDivision.HoldsOutSeries(4, 1));
    }

    private static void AssertSame(int networks, Action<LatentOdeOptions> change)
    {
        float[] expected = Forecast(1, networks, change);
        foreach (double unit in Units)
        {
            float[] actual = Forecast(unit, networks, change);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], actual[i], 1e-5 * Math.Abs(expected[i]), $"unit {unit}, number {i}");
            }
        }
    }

    private static float[] Forecast(double unit, int networks, Action<LatentOdeOptions> change)
    {
        LatentOdeOptions options = QuickOptions.Create();
        options.InputColumnNames = [nameof(GridRow.Level)];
        options.Horizon = [unit, 2 * unit, 4 * unit];
        options.EnsembleSize = networks;
        change(options);
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(Create(unit));
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(rows);
        IDataView answers = model.Transform(rows);
        return [.. new[] { "Forecast", "Lower", "Upper" }.SelectMany(name => Scored.Vectors(answers, name)).SelectMany(values => values)];
    }

    private static List<GridRow> Create(double unit)
    {
        var random = new Random(2);
        var rows = new List<GridRow>();
        for (int series = 0; series < 8; series++)
        {
            int place = random.Next(20);
            int[] places = [.. Enumerable.Range(0, 5 + series).Select(_ => place += random.Next(1, 4))];
            int[] loads = [.. Enumerable.Range(places[0], place + 9 - places[0])];
            rows.Add(new GridRow
            {
                Time = [.. places.Select(at => 0.5 * at * unit)],
                Level = [.. places.Select(at => (float)(15 + Math.Sin(at) + (0.2 * random.NextDouble())))],
                LoadTime = [.. loads.Select(at => 0.5 * at * unit)],
                Load = [.. loads.Select(at => (float)(at % 3))],
            });
        }

        return rows;
    }

    private sealed class GridRow
    {
        public double[] Time { get; set; } = [];

        public float[] Level { get; set; } = [];

        public double[] LoadTime { get; set; } = [];

        public float[] Load { get; set; } = [];
    }
}
