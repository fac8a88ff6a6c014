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
    public void Networks_are_told_where_changes_start_from_unless_series_leave_their_past_behind()
    {
        var random = new Random(1);
        TimeSeries[] noise = [.. Enumerable.Range(0, 30).Select(_ => Series(i => random.NextSingle()))];
        var scaling = SeriesScaling.Fit(noise, horizon: 2, periods: []);
        VariableScale scale = scaling.Variables[0];
        Assert.AreEqual((noise[0].Values[0][^1] - scale.LevelCenter) / scale.ChangeScale, Level(noise[0], scaling), 1e-2);

        TimeSeries walk = Series(i => i + random.NextSingle());
        Assert.AreEqual(0, Level(walk, SeriesScaling.Fit([walk], horizon: 2, periods: [])));
    }

    private static double Level(TimeSeries series, SeriesScaling scaling)
    {
        using DisposeScope scope = NewDisposeScope();
        var example = new ForecastExample(new EncodedSeries(series, scaling), 0, series.Count, [series.Times[^1] + 1], null);
        return new ForecastBatchBuilder(scaling, LatentAnchor.LastObservation, solverSteps: 4, CPU).Build([example]).Query.Levels!.ReadSingles()[0];
    }

    private static TimeSeries Series(Func<int, float> value) =>
        new([.. Enumerable.Range(0, 20).Select(i => (double)i)], [[.. Enumerable.Range(0, 20).Select(value)]], [], [], []);
}
