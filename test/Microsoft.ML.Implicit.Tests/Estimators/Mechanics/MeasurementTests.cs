using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.Mechanics;

/// <summary>What is measured of a system and what is not: numbers that stand for none, velocities, and how far off forecasts are.</summary>
[TestClass]
public sealed class MeasurementTests
{
    [TestMethod]
    public void Numbers_that_stand_for_none_are_taken_as_missing_with_a_warning()
    {
        Swing[] rows = Swing.Springs(12, 12, seed: 1);
        foreach ((int i, Swing row) in rows.Index())
        {
            row.Position[(5 * i) % 12] = -9999;
            row.Velocity[((3 * i) + 1) % 12] = -9999;
        }

        var warnings = new List<string>();
        MechanicsTransformer model = Fit(Estimating(), rows, warnings);
        CollectionAssert.AreEqual(new[] { "Position", "Velocity" }, warnings.Select(warning => warning.Split('\'')[1]).ToArray());
        StringAssert.StartsWith(warnings[0], "12 values of column 'Position', such as -9999, lie more than 10 times", StringComparison.Ordinal);

        // q = 0.8 cos t, of which one observation is none.
        double[] times = [.. Enumerable.Range(0, 6).Select(i => 0.3 * i)];
        var known = new Swing { Time = times, Position = [.. times.Select(t => (float)(0.8 * Math.Cos(t)))], Velocity = [.. times.Select(t => (float)(-0.8 * Math.Sin(t)))], Ahead = [3, 5] };
        known.Position[5] = -9999;
        float[] forecast = Vectors(model, known, "Forecast")[0];
        Assert.AreEqual(0.8 * Math.Cos(3), forecast[0], 0.1);
        Assert.AreEqual(0.8 * Math.Cos(5), forecast[1], 0.1);
    }

    [TestMethod]
    public void A_number_that_stands_for_none_in_any_one_series_makes_no_bounds()
    {
        for (int i = 0; i < 6; i++)
        {
            Swing[] rows = Swing.Springs(6, 12, seed: 1);
            rows[i].Position[7] = -9999;
            var warnings = new List<string>();
            MechanicsOptions options = Estimating();
            options.Training.MaximumEpochs = 2;
            (options.ConfidenceLowerBoundColumn, options.ConfidenceUpperBoundColumn) = ("Lower", "Upper");
            MechanicsTransformer model = Fit(options, rows, warnings);
            Assert.HasCount(1, warnings);
            Swing known = Swing.Springs(1, 12, seed: 2)[0].First(6, [2, 3]);
            Assert.IsTrue(Vectors(model, known, "Upper")[0].Zip(Vectors(model, known, "Lower")[0]).All(bounds => bounds.First - bounds.Second < 20), $"Series {i}.");
        }
    }

    [TestMethod]
    public void Measurements_of_any_spread_are_kept()
    {
        // A body that rests and then falls, and one that passes close by another: neither has values apart.
        var warnings = new List<string>();
        MechanicsOptions options = Estimating();
        options.Training.MaximumEpochs = 1;
        Swing falling = Swing.Create((_, _, _) => -1, 0, 0, [.. Enumerable.Range(0, 40).Select(i => 0.1 * i)]);
        Fit(options, [falling, Swing.Create((q, _, _) => -1 / (q * q), 1, 0, [.. Enumerable.Range(0, 12).Select(i => 0.08 * i)])], warnings);
        Assert.IsEmpty(warnings);
    }

    [TestMethod]
    public void Velocities_that_are_not_measured_are_estimated_from_positions()
    {
        var random = new Random(2);
        Swing[] rows = Swing.Springs(16, 14, seed: 1);
        Array.ForEach(rows, row => row.Position = [.. row.Position.Select(value => value + (float)Swing.Uniform(random, -0.01, 0.01))]);
        MechanicsOptions options = Estimating();
        (options.VelocityColumnNames, options.EnergyHistoryColumnName) = ([], null);
        MechanicsTransformer model = Fit(options, rows, []);
        Swing[] truth = Swing.Springs(8, 14, seed: 5);
        Swing[] begun = [.. truth.Select(swing => swing.First(8, swing.Time[8..]))];
        float[][] forecasts = Vectors(model, begun, "Forecast");
        double error = truth.Zip(forecasts, (swing, forecast) => forecast.Zip(swing.Position[8..], (f, q) => Math.Pow(f - q, 2)).Average()).Average();
        Assert.HasCount(6, forecasts[0]);
        Assert.IsLessThan(0.01, error);

        // A velocity of 0.6 at rest position has the energy of a position of 0.6 at rest.
        Assert.AreEqual(model.Model.Energy([0.6], [0]), model.Model.Energy([0], [0.6]), 0.03);
        Assert.IsTrue(Vectors(model, truth[0].First(1, 5), "Forecast")[0].All(float.IsNaN), "one position says nothing of a velocity");

        var ml = new MLContext(seed: 1);
        using var file = new MemoryStream();
        ml.Model.Save(model, ml.Data.LoadFromEnumerable(begun).Schema, file);
        file.Position = 0;
        float[][] loaded = [.. ml.Model.Load(file, out _).Transform(ml.Data.LoadFromEnumerable(begun)).GetColumn<float[]>("Forecast")];
        CollectionAssert.AreEqual(forecasts[3], loaded[3]);
    }

    [TestMethod]
    public void Bounds_hold_about_as_many_observations_as_they_should_and_widen_with_time()
    {
        var random = new Random(4);
        Swing[] rows = [.. Swing.Springs(40, 14, seed: 1).Select(Noisy)];
        MechanicsOptions options = Estimating();
        (options.ConfidenceLowerBoundColumn, options.ConfidenceUpperBoundColumn, options.ConfidenceLevel) = ("Lower", "Upper", 0.9f);
        MechanicsTransformer model = Fit(options, rows, []);
        Assert.AreEqual(0, model.Model.Training!.ChosenSettings["Training.ValidationFraction"], "each series is forecast by a model without it, and the one that is kept learns from all");
        Assert.HasCount(1, model.Model.Training.Networks);
        Swing[] truth = [.. Swing.Springs(60, 14, seed: 9).Select(Noisy)];
        Swing[] begun = [.. truth.Select(swing => swing.First(6, swing.Time[6..]))];
        var ml = new MLContext(seed: 1);
        using var file = new MemoryStream();
        ml.Model.Save(model, ml.Data.LoadFromEnumerable(begun).Schema, file);
        file.Position = 0;
        IDataView scored = ml.Model.Load(file, out _).Transform(ml.Data.LoadFromEnumerable(begun));
        float[][] lower = [.. scored.GetColumn<float[]>("Lower")], upper = [.. scored.GetColumn<float[]>("Upper")];
        double inside = truth.Select((swing, row) => swing.Position[6..].Concat(swing.Velocity[6..]).Select((value, i) => value >= lower[row][i] && value <= upper[row][i] ? 1 : 0).Average()).Average();
        Assert.AreEqual(0.9, inside, 0.07);

        float[] far = Vectors(model, truth[0].First(6, truth[0].Time[5] + 1, truth[0].Time[5] + 100, truth[0].Time[5] + 200), "Upper")[0], middle = Vectors(model, truth[0].First(6, truth[0].Time[5] + 1, truth[0].Time[5] + 100, truth[0].Time[5] + 200), "Forecast")[0];
        Assert.IsLessThan(far[1] - middle[1], far[0] - middle[0]);
        Assert.AreEqual(2, (far[2] - middle[2]) / (far[1] - middle[1]), 1e-3);

        Swing Noisy(Swing swing)
        {
            swing.Position = [.. swing.Position.Select(value => value + (float)Swing.Uniform(random, -0.05, 0.05))];
            swing.Velocity = [.. swing.Velocity.Select(value => value + (float)Swing.Uniform(random, -0.05, 0.05))];
            return swing;
        }
    }

    private static MechanicsOptions Estimating()
    {
        MechanicsOptions options = MechanicsForecasterTests.Options();
        (options.EstimatesStates, options.Training.MaximumEpochs) = (true, 100);
        return options;
    }

    private static MechanicsTransformer Fit(MechanicsOptions options, Swing[] rows, List<string> warnings)
    {
        var ml = new MLContext(seed: 1);
        ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            {
                warnings.Add(message.RawMessage);
            }
        };
        return ml.Forecasting.ForecastByMechanics(options).Fit(ml.Data.LoadFromEnumerable(rows));
    }

    private static float[][] Vectors(MechanicsTransformer model, Swing row, string column) => Vectors(model, [row], column);

    private static float[][] Vectors(MechanicsTransformer model, Swing[] rows, string column) => [.. model.Transform(new MLContext(seed: 1).Data.LoadFromEnumerable(rows)).GetColumn<float[]>(column)];
}
