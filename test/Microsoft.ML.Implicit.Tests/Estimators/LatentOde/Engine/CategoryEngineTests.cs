using Microsoft.ML.Implicit.Estimators;
using static Microsoft.ML.Implicit.Tests.Estimators.LatentOde.CategoryModels;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Engine;

/// <summary>Categories in a forecast engine, where members of classes stand for columns.</summary>
[TestClass]
public sealed class CategoryEngineTests
{
    [TestMethod]
    public void A_loaded_model_an_engine_and_one_resumed_forecast_as_the_model_does()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(CategoryRow.Create(30));
        using LatentOdeTransformer model = Train(ml, data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        using var loaded = (LatentOdeTransformer)new MLContext().Model.Load(file, out _);
        CategoryRow row = CategoryRow.Create(1, seed: 2)[0];
        float[] expected = Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable([row])), "Forecast")[0];
        Assert.AreSequenceEqual(expected, Scored.Vectors(loaded.Transform(ml.Data.LoadFromEnumerable([row])), "Forecast")[0]);

        ForecastEngine<Observation, WaveForecast> engine = loaded.CreateForecastEngine<Observation, WaveForecast>();
        engine.SetCovariates(row.Time.Zip(row.Mode, (time, mode) => new Plan { Time = time, Mode = mode }));
        Observation[] observations = [.. row.Time.Zip(row.Level, (time, level) => new Observation { Time = time, Level = level, Kind = row.Kind })];
        foreach (Observation observation in observations.SkipLast(1))
        {
            engine.Observe(observation);
        }

        string path = Path.GetTempFileName();
        try
        {
            engine.CheckPoint(path);
            ForecastEngine<Observation, WaveForecast> resumed = loaded.ResumeForecastEngine<Observation, WaveForecast>(path);
            foreach (ForecastEngine<Observation, WaveForecast> each in new[] { engine, resumed })
            {
                each.Observe(observations[^1]);
                WaveForecast forecast = each.Forecast();
                WaveForecast.AssertEqual(new WaveForecast { Forecast = expected, Lower = forecast.Lower, Upper = forecast.Upper }, forecast, "engine");
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void Members_that_are_no_categories_and_covariates_without_their_names_are_refused()
    {
        var ml = new MLContext(seed: 1);
        using LatentOdeTransformer model = Train(ml, ml.Data.LoadFromEnumerable(CategoryRow.Create(30)));
        ArgumentException mistyped = Assert.ThrowsExactly<ArgumentException>(() => model.CreateForecastEngine<NumberedObservation, WaveForecast>());
        StringAssert.Contains(mistyped.Message, "Property 'Kind' of NumberedObservation is UInt32; expected String", StringComparison.Ordinal);
        ForecastEngine<Observation, WaveForecast> engine = model.CreateForecastEngine<Observation, WaveForecast>();
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => engine.SetCovariates([0], [1f])).Message, "'Mode' is a category", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => engine.SetCovariates([new Observation()])).Message, "column 'Mode'", StringComparison.Ordinal);
        Assert.ThrowsExactly<ArgumentException>(() => engine.SetCovariates(Array.Empty<Plan>()));
        Assert.ThrowsExactly<ArgumentException>(() => engine.SetCovariates([new Plan(), null!]));

        using LatentOdeTransformer ofNumbers = Train(ml, Keyed(ml, CategoryRow.Create(30)));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ofNumbers.CreateForecastEngine<Observation, WaveForecast>()).Message, "expected UInt32", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Keys_without_values_are_in_an_engine_as_in_the_rows_of_ML_NET()
    {
        var ml = new MLContext(seed: 1);
        using LatentOdeTransformer model = Train(ml, Keyed(ml, CategoryRow.Create(30)));
        foreach (CategoryRow row in CategoryRow.Create(3, seed: 2))
        {
            var keyed = new KeyedCategoryRow(row);
            ForecastEngine<NumberedObservation, WaveForecast> engine = model.CreateForecastEngine<NumberedObservation, WaveForecast>();
            engine.SetCovariates(row.Time.Zip(keyed.Mode, (time, mode) => new NumberedPlan { Time = time, Mode = mode }));
            foreach ((double time, float level) in row.Time.Zip(row.Level))
            {
                engine.Observe(new NumberedObservation { Time = time, Level = level, Kind = keyed.Kind });
            }

            WaveForecast forecast = engine.Forecast();
            WaveForecast.AssertEqual(
                new WaveForecast { Forecast = Scored.Vectors(model.Transform(Keyed(ml, [row])), "Forecast")[0], Lower = forecast.Lower, Upper = forecast.Upper }, forecast, "engine");
        }
    }

    private sealed class Observation
    {
        public double Time { get; set; }

        public float Level { get; set; }

        public string Kind { get; set; } = string.Empty;
    }

    private sealed class Plan
    {
        public double Time { get; set; }

        public string Mode { get; set; } = string.Empty;
    }

    private sealed class NumberedObservation
    {
        public double Time { get; set; }

        public float Level { get; set; }

        public uint Kind { get; set; }
    }

    private sealed class NumberedPlan
    {
        public double Time { get; set; }

        public uint Mode { get; set; }
    }
}
