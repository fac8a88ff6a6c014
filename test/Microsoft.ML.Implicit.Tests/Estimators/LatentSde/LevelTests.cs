using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentSde;

[TestClass]
public sealed class LevelTests
{
    [TestMethod]
    public void Networks_are_told_where_changes_start_from()
    {
        var random = new Random(1);
        TimeSeries[] noise = [.. Enumerable.Range(0, 30).Select(_ => Series(i => random.NextSingle()))];
        var scaling = SeriesScaling.Fit(noise, horizon: 2, periods: []);
        VariableScale scale = scaling.Variables[0];
        Assert.AreEqual((noise[0].Values[0][^1] - scale.LevelCenter) / scale.ChangeScale, Level(noise[0], scaling), 1e-2);
    }

    [TestMethod]
    public void A_state_holds_levels_unless_series_leave_their_past_behind()
    {
        var random = new Random(1);
        StochasticRow[] rows = [.. Enumerable.Range(0, 3).Select(_ => Row(_ => random.NextSingle()))], rising = [.. Enumerable.Range(0, 3).Select(_ => Row(i => i + random.NextSingle()))];
        Assert.IsTrue(HoldsLevels(rows));
        Assert.IsFalse(HoldsLevels(rising));
    }

    private static bool HoldsLevels(StochasticRow[] rows)
    {
        var ml = new MLContext(seed: 1);
        var options = new LatentSdeOptions { TimeColumnName = "Time", InputColumnNames = ["Value"], Horizon = [2], EnsembleSize = 1, PathCount = 2, SolverSteps = 2 };
        (options.Training.MaximumEpochs, options.Training.Seed) = (1, 1);
        using LatentSdeTransformer model = ml.Forecasting.ForecastByLatentSde(options).Fit(ml.Data.LoadFromEnumerable(rows));
        return ((LatentSdeArchitecture)model.Model.Architecture).HoldsLevels;
    }

    private static StochasticRow Row(Func<int, float> value) =>
        new() { Time = [.. Enumerable.Range(0, 20).Select(i => (double)i)], Value = [.. Enumerable.Range(0, 20).Select(value)], ForecastTime = [21] };

    private static double Level(TimeSeries series, SeriesScaling scaling)
    {
        using DisposeScope scope = NewDisposeScope();
        var example = new ForecastExample(new EncodedSeries(series, scaling), 0, series.Count, [series.Times[^1] + 1], null);
        return new ForecastBatchBuilder(scaling, LatentAnchor.LastObservation, solverSteps: 4, CPU).Build([example]).Query.Levels!.ReadSingles()[0];
    }

    private static TimeSeries Series(Func<int, float> value) =>
        new([.. Enumerable.Range(0, 20).Select(i => (double)i)], [[.. Enumerable.Range(0, 20).Select(value)]], [], [], []);
}
