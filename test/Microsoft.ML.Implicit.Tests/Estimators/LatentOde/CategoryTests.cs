using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using static Microsoft.ML.Implicit.Tests.Estimators.LatentOde.CategoryModels;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>Static values and covariates that are categories: text, or keys.</summary>
[TestClass]
public class CategoryTests
{
    [TestMethod]
    public void What_a_category_says_of_a_series_is_learned()
    {
        var ml = new MLContext(seed: 1);
        using LatentOdeTransformer model = Train(ml, ml.Data.LoadFromEnumerable(CategoryRow.Create(30)), epochs: 30);
        CategoryRow[] asked = [.. CategoryRow.Kinds.Select(kind => new CategoryRow { Time = [0], Level = [0], Kind = kind, Mode = ["on"] })];
        float[] ahead = [.. Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable(asked)), "Forecast").Select(forecast => forecast[^1])];
        Assert.IsGreaterThan(ahead[2] + 0.5f, ahead[0]);
        Assert.IsLessThan(ahead[2] - 0.5f, ahead[1]);
    }

    [TestMethod]
    public void Keys_with_values_are_the_categories_of_their_values_and_others_those_of_their_numbers()
    {
        var ml = new MLContext(seed: 1);
        IDataView text = ml.Data.LoadFromEnumerable(CategoryRow.Create(30));
        IDataView keys = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Kind"), new InputOutputColumnPair("Mode")]).Fit(text).Transform(text);
        using LatentOdeTransformer model = Train(ml, text);
        float[][] expected = Scored.Vectors(model.Transform(text), "Forecast");
        AssertEqual(expected, Scored.Vectors(model.Transform(keys), "Forecast"));
        using LatentOdeTransformer ofKeys = Train(ml, keys);
        AssertEqual(expected, Scored.Vectors(ofKeys.Transform(text), "Forecast"));

        IDataView numbered = Keyed(ml, CategoryRow.Create(30));
        using LatentOdeTransformer ofNumbers = Train(ml, numbered);
        Assert.IsTrue(Scored.Vectors(ofNumbers.Transform(numbered), "Forecast").All(forecast => forecast.All(float.IsFinite)));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ofNumbers.Transform(text)).Message, "Column 'Kind' holds text or keys with values; the model was trained on keys without values", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => model.Transform(numbered)).Message, "Column 'Kind' holds keys without values; the model was trained on text", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_category_that_training_did_not_see_counts_as_one_that_is_missing()
    {
        var ml = new MLContext(seed: 1);
        using LatentOdeTransformer model = Train(ml, ml.Data.LoadFromEnumerable(CategoryRow.Create(30)));
        CategoryRow known = CategoryRow.Create(1)[0];
        float[][] forecasts = Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable([known, known.OfKind("Rising"), known.OfKind(string.Empty), known.OfKind(null!)])), "Forecast");
        Assert.IsTrue(forecasts.All(forecast => forecast.All(float.IsFinite)));
        Assert.AreSequenceEqual(forecasts[1], forecasts[2]);
        Assert.AreSequenceEqual(forecasts[1], forecasts[3]);
        CollectionAssert.AreNotEqual(forecasts[0], forecasts[1]);
    }

    [TestMethod]
    public void Rows_in_long_format_keep_categories_and_are_forecast_as_series_are()
    {
        var ml = new MLContext(seed: 1);
        List<CategoryRow> series = CategoryRow.Create(30);
        IDataView rows = ml.Data.LoadFromEnumerable(series.SelectMany((row, i) => row.Time.Select((time, j) =>
            new LongRow { Series = $"{i}", Time = time, Level = row.Level[j], Kind = j == 0 ? string.Empty : row.Kind, Mode = row.Mode[j] })));
        IDataView keys = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Kind"), new InputOutputColumnPair("Mode")]).Fit(rows).Transform(rows);
        using LatentOdeTransformer model = Train(ml, ml.Data.LoadFromEnumerable(series));
        float[][] expected = Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable(series)), "Forecast");
        foreach (bool isContiguous in new[] { false, true })
        {
            foreach (IDataView data in new[] { rows, keys })
            {
                SeriesGroupingEstimator grouping = ml.Transforms.GroupIntoSeries("Series", "Time", ["Mode", "Level"], ["Kind"], isContiguous);
                TransformerChain<LatentOdeTransformer> chain = grouping.Append(ml.Forecasting.ForecastByLatentOde(Options(epochs: 1))).Fit(data);
                AssertEqual(expected, Scored.Vectors(chain.Transform(data), "Forecast"));
            }
        }

        IDataView grouped = ml.Transforms.GroupIntoSeries("Series", "Time", ["Mode"], ["Kind"]).Fit(keys).Transform(keys);
        Assert.AreSequenceEqual(series[3].Mode, ml.Transforms.Conversion.MapKeyToValue("Mode").Fit(grouped).Transform(grouped).GetColumn<string[]>("Mode").ElementAt(3));
    }

    [TestMethod]
    public void Of_categories_at_one_time_the_first_that_is_not_missing_counts()
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable([new LongRow { Time = 2, Mode = "late" }, new LongRow { Time = 1 }, new LongRow { Time = 1, Mode = "a" }, new LongRow { Time = 1, Mode = "b" }]);
        Assert.AreSequenceEqual(["a", "late"], ml.Transforms.GroupIntoSeries(null, "Time", ["Mode"]).Fit(rows).Transform(rows).GetColumn<string[]>("Mode").Single());
    }

    [TestMethod]
    public void Indicators_average_to_zero_over_training_and_rare_categories_are_left_out()
    {
        string[] seen = ["b", "a", "b", "", "c", "b"];
        CategoryVocabulary vocabulary = CategoryVocabulary.Learn(new CategoryColumn("Kind", IsNamed: true), seen);
        Assert.AreSequenceEqual(["b", "a", "c"], vocabulary.Categories);
        for (int i = 0; i < 3; i++)
        {
            Assert.AreEqual(0, seen.Sum(category => vocabulary.Encode(category)[i]), 1e-6);
        }

        StepFunction isB = vocabulary.Encode([0, 1, 2, 3], ["b", "", "a", "never seen"]).First();
        Assert.AreEqual(0.4, isB.At(0), 1e-6);
        Assert.AreEqual(0.4, isB.At(1), 1e-6);
        Assert.AreEqual(-0.6, isB.At(2), 1e-6);
        Assert.AreEqual(0, isB.At(3));

        IEnumerable<string> many = Enumerable.Range(0, 300).SelectMany(i => Enumerable.Repeat($"{i}", 1 + (i / 150)));
        Assert.HasCount(CategoryVocabulary.Most, CategoryVocabulary.Learn(new CategoryColumn("Kind", IsNamed: true), many).Categories.Where(category => int.Parse(category, CultureInfo.InvariantCulture) >= 150));
    }

    [TestMethod]
    public void Training_goes_on_and_is_backtested_with_categories_and_numbers_in_their_place_are_refused()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(CategoryRow.Create(30));
        using LatentOdeTransformer model = Train(ml, data);
        using LatentOdeTransformer further = ml.Forecasting.ForecastByLatentOde(Options(epochs: 1)).Fit(data, model.Model);
        Assert.HasCount(2, further.Transform(data).GetColumn<float[]>("Forecast").First());
        Assert.IsNotEmpty(ml.Forecasting.BacktestByLatentOde(data, Options(epochs: 1), origins: 1));
        IDataView numbers = ml.Data.LoadFromEnumerable([new NumericRow { Time = [0, 1], Level = [1, 2], Mode = ["on", "on"] }]);
        foreach (Action use in new Action[] { () => model.Transform(numbers), () => ml.Forecasting.ForecastByLatentOde(Options(epochs: 1)).Fit(numbers, model.Model) })
        {
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(use).Message, "Column 'Kind' holds numbers; the model was trained on text", StringComparison.Ordinal);
        }
    }

    private static void AssertEqual(float[][] expected, float[][] actual) => Assert.AreSequenceEqual(expected.SelectMany(row => row).ToArray(), actual.SelectMany(row => row).ToArray());

    private sealed class NumericRow
    {
        public double[] Time { get; set; } = [];

        public float[] Level { get; set; } = [];

        public float Kind { get; set; }

        public string[] Mode { get; set; } = [];
    }

    private sealed class LongRow
    {
        public string Series { get; set; } = string.Empty;

        public double Time { get; set; }

        public float Level { get; set; }

        public string Kind { get; set; } = string.Empty;

        public string Mode { get; set; } = string.Empty;
    }
}
