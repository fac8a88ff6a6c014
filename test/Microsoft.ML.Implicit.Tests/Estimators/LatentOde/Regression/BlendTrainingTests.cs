using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.LatentOde;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Regression;

[TestClass]
public class BlendTrainingTests
{
    [TestMethod]
    [DataRow(100, 0.05)]
    [DataRow(0, 0.5)]
    public void A_network_that_errs_where_a_regression_does_not_loses_its_share_by_as_much_as_is_known(int heldOut, double most)
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(1);
        TimeSeries[] lines = [.. Enumerable.Range(0, 100).Select(_ => random.NextDouble() - 0.5).Select(slope =>
            new TimeSeries([0, 1, 2, 3, 4, 5], [[.. Enumerable.Range(0, 6).Select(i => (float)(slope * i))]], [], [], []))];
        var scaling = SeriesScaling.Fit(lines, horizon: 2, periods: []);
        EncodedSeries[] encoded = [.. lines.Select(line => new EncodedSeries(line, scaling))];
        var architecture = new LatentOdeArchitecture(new LatentOdeOptions { LatentWidth = 2, HiddenWidth = 4, SolverSteps = 2 });
        HistoryRegression regression = new RegressionTraining(
            encoded, ForecastDivision.Divide([.. lines.Select(line => line.Count)], 1, null, holdsOutSeries: true, new Random(1)), scaling, architecture.Settings.ContextLength).Fit()[0];
        using var generator = new Generator(1);
        LatentNetwork untrained = architecture.CreateNetwork(scaling, generator);
        var training = new BlendTraining(new ForecastBatchBuilder(scaling, architecture.Settings.Anchor, architecture.Settings.SolverSteps, CPU), scaling, countsSeries: true);
        ForecastExample[] examples = [.. encoded.Take(heldOut).Select(series => new ForecastExample(series, 0, 3, [3, 4], [3, 4]))];

        training.Add(untrained, regression, examples);

        Assert.AreEqual(most == 0.5 ? 0.5 : 0, training.NetworkShares()[0], most == 0.5 ? 0 : most);
    }
}
