using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>Several quantiles of a forecast.</summary>
[TestClass]
public class ForecastQuantileTests
{
    [TestMethod]
    public void Quantiles_of_the_confidence_level_are_the_bounds_and_the_median_is_the_forecast()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(30));
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(Options()).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        using var loaded = (LatentOdeTransformer)ml.Model.Load(file, out _);
        foreach (LatentOdeTransformer transformer in new[] { model, loaded })
        {
            IDataView scored = transformer.Transform(data);
            float[][] quantiles = Scored.Vectors(scored, "Quantiles"), forecasts = Scored.Vectors(scored, "Forecast"), lower = Scored.Vectors(scored, "Lower"), upper = Scored.Vectors(scored, "Upper");
            for (int row = 0; row < forecasts.Length; row++)
            {
                Assert.HasCount(5 * forecasts[row].Length, quantiles[row]);
                for (int slot = 0; slot < forecasts[row].Length; slot++)
                {
                    float[] levels = quantiles[row][(5 * slot)..(5 * (slot + 1))];
                    Assert.AreEqual(lower[row][slot], levels[0], 1e-5 * (1 + Math.Abs(lower[row][slot])));
                    Assert.AreEqual(forecasts[row][slot], levels[2]);
                    Assert.AreEqual(upper[row][slot], levels[4], 1e-5 * (1 + Math.Abs(upper[row][slot])));
                    Assert.AreSequenceEqual(levels.Order().ToArray(), levels);
                }
            }
        }

        VBuffer<ReadOnlyMemory<char>> names = default;
        model.GetOutputSchema(data.Schema)["Quantiles"].GetSlotNames(ref names);
        Assert.AreSequenceEqual(["Sine+0.5@0.1", "Sine+0.5@0.3", "Sine+0.5@0.5", "Sine+0.5@0.7", "Sine+0.5@0.9", "Sine+1@0.1"], [.. names.DenseValues().Take(6).Select(name => name.ToString())]);
    }

    [TestMethod]
    public void As_many_values_lie_below_a_quantile_as_its_level_says()
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = Options();
        options.InputColumnNames = [nameof(WaveRow.Sine)];
        options.Horizon = [0.5, 1];
        options.EnsembleSize = 3;
        options.Training.MaximumEpochs = 10;
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(Waves.Create(150)));
        List<WaveRow> asked = Waves.Create(400, seed: 2);
        float[][] quantiles = Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable(asked)), "Quantiles");
        double[] levels = [0.1, 0.3, 0.5, 0.7, 0.9];
        for (int level = 0; level < levels.Length; level++)
        {
            double below = quantiles.Zip(asked, (row, wave) => Enumerable.Range(0, 2).Average(m => wave.Truth[m] < row[(5 * m) + level] ? 1.0 : 0)).Average();
            Assert.AreEqual(levels[level], below, 0.1, $"level {levels[level]}");
        }
    }

    [TestMethod]
    public void Engines_and_rows_have_them_too()
    {
        var ml = new MLContext(seed: 1);
        List<WaveRow> waves = Waves.Create(30);
        IDataView data = ml.Data.LoadFromEnumerable(waves);
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(Options()).Fit(data);
        float[] expected = Scored.Vectors(model.Transform(data), "Quantiles")[0];
        ForecastEngine<WaveObservation, Outlook> engine = model.CreateForecastEngine<WaveObservation, Outlook>();
        WaveObservation.FromRow(waves[0]).ForEach(engine.Observe);
        float[] actual = engine.Forecast().Quantiles;
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 1e-4 * (1 + Math.Abs(expected[i])));
        }

        float[][] rows = Scored.Vectors(ml.Forecasting.ForecastRows(model, data), "Quantiles");
        Assert.AreSequenceEqual(expected, rows.Take(6).SelectMany(row => row).ToArray());
    }

    [TestMethod]
    public void Levels_that_are_no_rising_probabilities_are_refused()
    {
        foreach (double[] levels in new double[][] { [0], [1], [0.5, 0.5], [0.9, 0.1], [double.NaN] })
        {
            LatentOdeOptions options = Options();
            options.QuantileLevels = levels;
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new MLContext().Forecasting.ForecastByLatentOde(options)).Message, "QuantileLevels", StringComparison.Ordinal);
        }
    }

    private static LatentOdeOptions Options()
    {
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        options.ConfidenceLevel = 0.8f;
        options.QuantileLevels = [0.1, 0.3, 0.5, 0.7, 0.9];
        return options;
    }

    private sealed class Outlook
    {
        public float[] Quantiles { get; set; } = [];
    }
}
