using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.Mechanics;

[TestClass]
public sealed class MechanicsChoiceTests
{
    [TestMethod]
    [DataRow(0.5, true)]
    [DataRow(0.0, false)]
    public void Friction_is_found_where_the_series_show_it(double damping, bool expected)
    {
        MechanicsOptions options = Options();
        (options.Form, options.HiddenWidth, options.HiddenLayers) = (null, 16, 1);
        MechanicsTransformer model = MechanicsForecasterTests.Fit(options, [.. Damped(10, damping, seed: 2).Select(swing => swing.First(20))]);
        Assert.AreEqual(MechanicsForm.Newtonian, model.Model.Form);
        Assert.AreEqual(expected, model.Model.Architecture.HasFriction);
        AssertForecasts(model, Damped(20, damping, seed: 3), 0.3);
    }

    [TestMethod]
    public void Positions_alone_of_a_pendulum_are_forecast_to_twice_the_length_of_series()
    {
        MechanicsOptions options = Options();
        options.HasFriction = false;
        MechanicsTransformer model = MechanicsForecasterTests.Fit(options, Create((q, _, _) => -4 * Math.Sin(q), 10, seed: 5).Select(swing => swing.First(20)).ToArray());
        AssertForecasts(model, Create((q, _, _) => -4 * Math.Sin(q), 20, seed: 6), 0.6);
    }

    [TestMethod]
    public void Bounds_of_ten_series_hold_the_observations_of_others()
    {
        MechanicsOptions options = Options();
        (options.HasFriction, options.HiddenWidth, options.HiddenLayers) = (false, 16, 1);
        (options.ConfidenceLowerBoundColumn, options.ConfidenceUpperBoundColumn) = ("Lower", "Upper");
        MechanicsTransformer model = MechanicsForecasterTests.Fit(options, Swing.Springs(10, 20, seed: 2));
        Swing[] whole = Swing.Springs(40, 20, seed: 3);
        IDataView scored = model.Transform(new MLContext(seed: 1).Data.LoadFromEnumerable(whole.Select(swing => swing.First(10, swing.Time[10..]))));
        float[][] lower = [.. scored.GetColumn<float[]>("Lower")], upper = [.. scored.GetColumn<float[]>("Upper")];
        double inside = whole.Select((swing, row) => swing.Position[10..].Select((value, i) => value >= lower[row][i] && value <= upper[row][i] ? 1 : 0).Average()).Average();
        Assert.IsInRange(0.88, 1, inside);
    }

    [TestMethod]
    public void Training_goes_back_to_the_best_dynamics_where_they_have_got_far_worse()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        nn.Module module = nn.Linear(1, 1, false);
        Tensor weight = module.parameters().Single(), starts = zeros(2, 2);
        using var guard = new MechanicsGuard(module, starts);
        foreach ((double value, double loss, double expected) in new[] { (1, 0.02, 1), (2, 0.03, 2), (3, double.NaN, 1), (4, 5, 1), (5, 0.01, 5.0), (6, 0.05, 5) })
        {
            weight.fill_(value);
            starts.fill_(value);
            guard.Judge(loss);
            Assert.AreEqual(expected, weight[0, 0].item<float>(), $"{value}");
            Assert.AreEqual(expected, starts[1, 1].item<float>(), $"{value}");
        }
    }

    private static Swing[] Damped(int count, double damping, int seed) => Create((q, v, _) => -q - (damping * v), count, seed);

    private static Swing[] Create(Func<double, double, double, double> force, int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Swing.Create(force, Swing.Uniform(random, -1.5, 1.5), Swing.Uniform(random, -1.5, 1.5), Swing.Times(random, 40)))];
    }

    // Of the second half of each series from the first, in errors of the mean.
    private static void AssertForecasts(MechanicsTransformer model, Swing[] whole, double share)
    {
        Swing[] begun = [.. whole.Select(swing => swing.First(20, swing.Time[20..]))];
        float[][] found = [.. model.Transform(new MLContext(seed: 1).Data.LoadFromEnumerable(begun)).GetColumn<float[]>("Forecast")];
        double error = whole.Zip(found, (swing, forecast) => swing.Position[20..].Zip(forecast, (q, f) => Math.Pow(f - q, 2)).Average()).Average();
        double naive = whole.Average(swing => swing.Position[20..].Average(q => (double)q * q));
        Assert.IsLessThan(share * share * naive, error);
    }

    // Series to learn from are half as long as those that are forecast.
    private static MechanicsOptions Options() => new()
    {
        TimeColumnName = nameof(Swing.Time),
        PositionColumnNames = [nameof(Swing.Position)],
        ForecastTimeColumnName = nameof(Swing.Ahead),
        Form = MechanicsForm.Newtonian,
        Training = new() { Seed = 1 },
    };
}
