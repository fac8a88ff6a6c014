using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentSde;

[TestClass]
public sealed class SdeSimulationTests
{
    private const int Paths = 400;

    [TestMethod]
    public void Paths_are_centred_at_the_forecast_and_spread_as_its_bounds()
    {
        var ml = new MLContext(seed: 1);
        using LatentSdeTransformer model = LatentSdeForecastTests.Train();
        IDataView data = ml.Data.LoadFromEnumerable(StochasticRow.CreateOrnsteinUhlenbeck(10, seed: 2));
        IDataView scored = model.Transform(ml.Transforms.SimulateSde(model, pathCount: Paths).Fit(data).Transform(data));
        float[][] paths = Scored.Vectors(scored, "Paths"), forecasts = Scored.Vectors(scored, "Forecast"), uppers = Scored.Vectors(scored, "Upper");
        double within = 0;
        for (int row = 0; row < paths.Length; row++)
        {
            Assert.HasCount(2 * Paths, paths[row]);
            for (int slot = 0; slot < 2; slot++)
            {
                float[] values = paths[row][(slot * Paths)..((slot + 1) * Paths)];
                double deviation = (uppers[row][slot] - forecasts[row][slot]) / 1.96, mean = values.Average();
                Assert.AreEqual(forecasts[row][slot], mean, 5 * deviation / Math.Sqrt(Paths));
                Assert.AreEqual(1, Math.Sqrt(values.Average(value => (value - mean) * (value - mean))) / deviation, 0.25);
                within += values.Count(value => Math.Abs(value - forecasts[row][slot]) <= uppers[row][slot] - forecasts[row][slot]) / (double)(2 * Paths * paths.Length);
            }
        }

        Assert.AreEqual(0.95, within, 0.02);
    }

    [TestMethod]
    public void Paths_of_a_row_depend_on_its_series_and_the_seed_alone()
    {
        using LatentSdeTransformer model = LatentSdeForecastTests.Train();
        StochasticRow[] rows = StochasticRow.CreateOrnsteinUhlenbeck(20, seed: 2);
        float[][] all = Simulate(model, rows, seed: 1), reversed = Simulate(model, [.. rows.Reverse()], seed: 1), alone = Simulate(model, rows[7..8], seed: 1);
        AssertClose(all[7], reversed[12]);
        AssertClose(all[7], alone[0]);
        Assert.AreNotEqual(all[7][0], Simulate(model, rows[7..8], seed: 2)[0][0], 1e-3f);
        Assert.HasCount(all.Length, all.Select(paths => paths[0]).Distinct().ToArray());
    }

    [TestMethod]
    public void Doubt_of_the_last_value_widens_bounds_and_not_the_noise_of_paths()
    {
        var ml = new MLContext(seed: 1);
        using LatentSdeTransformer model = LatentSdeForecastTests.Train();
        StochasticRow row = StochasticRow.CreateOrnsteinUhlenbeck(1, seed: 2)[0];
        row.Value[^1] = 30 * (float)OrnsteinUhlenbeck.StationaryDeviation;
        IDataView scored = model.Transform(ml.Data.LoadFromEnumerable([row]));
        float forecast = Scored.Vectors(scored, "Forecast")[0][0], upper = Scored.Vectors(scored, "Upper")[0][0];
        float[] paths = Simulate(model, [row], seed: 1)[0][..Paths];
        double mean = paths.Average(), deviation = Math.Sqrt(paths.Average(value => (value - mean) * (value - mean)));
        Assert.IsGreaterThan(10 * OrnsteinUhlenbeck.StationaryDeviation, upper - forecast);
        Assert.IsLessThan(2 * OrnsteinUhlenbeck.StationaryDeviation, deviation);
    }

    [TestMethod]
    public void A_saved_simulation_gives_the_same_paths()
    {
        var ml = new MLContext(seed: 1);
        using LatentSdeTransformer model = LatentSdeForecastTests.Train();
        IDataView data = ml.Data.LoadFromEnumerable(StochasticRow.CreateOrnsteinUhlenbeck(3, seed: 2));
        SdeSimulationTransformer simulation = ml.Transforms.SimulateSde(model, pathCount: 5, seed: long.MinValue).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(simulation, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(file, out _);
        float[][] expected = Scored.Vectors(simulation.Transform(data), "Paths"), actual = Scored.Vectors(loaded.Transform(data), "Paths");
        for (int row = 0; row < expected.Length; row++)
        {
            AssertClose(expected[row], actual[row]);
        }
    }

    [TestMethod]
    public void A_row_without_observations_gets_no_paths_and_a_model_of_another_kind_is_refused()
    {
        var ml = new MLContext(seed: 1);
        using LatentSdeTransformer model = LatentSdeForecastTests.Train();
        float[] paths = Simulate(model, [new StochasticRow { Time = [1], Value = [float.NaN] }, .. StochasticRow.CreateOrnsteinUhlenbeck(1, seed: 2)], seed: 1)[0];
        Assert.HasCount(2 * Paths, paths);
        Assert.IsTrue(paths.All(float.IsNaN));
        using LatentOdeTransformer other = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.SimulateSde(other)).Message, "ForecastByLatentSde", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.SimulateSde(model, pathCount: 0)).Message, "pathCount", StringComparison.Ordinal);
        IDataView lacking = ml.Data.LoadFromEnumerable([new { Value = new float[] { 1 } }]);
        Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.SimulateSde(model).Fit(lacking));
    }

    private static float[][] Simulate(LatentSdeTransformer model, StochasticRow[] rows, long seed)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        return Scored.Vectors(ml.Transforms.SimulateSde(model, pathCount: Paths, seed: seed).Fit(data).Transform(data), "Paths");
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        foreach ((float left, float right) in expected.Zip(actual))
        {
            Assert.AreEqual(left, right, 1e-4f * (1 + Math.Abs(left)));
        }
    }
}
