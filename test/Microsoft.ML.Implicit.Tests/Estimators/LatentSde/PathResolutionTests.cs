using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.LatentSde;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentSde;

[TestClass]
public sealed class PathResolutionTests
{
    [TestMethod]
    public void Paths_take_as_many_steps_as_their_drift_is_fast()
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(1);
        TimeSeries[] series = [.. Enumerable.Range(0, 20).Select(_ => new TimeSeries([0, 1, 2, 3], [[.. Enumerable.Range(0, 4).Select(_ => random.NextSingle())]], [], [], []))];
        var scaling = SeriesScaling.Fit(series, horizon: 2, periods: []);
        EncodedSeries[] encoded = [.. series.Select(s => new EncodedSeries(s, scaling))];
        var architecture = new LatentSdeArchitecture(new LatentSdeOptions { LatentWidth = 3, HiddenWidth = 6 }, holdsLevels: true);
        var builder = new ForecastBatchBuilder(scaling, architecture.Settings.Anchor, architecture.Settings.SolverSteps, CPU);
        IReadOnlyList<ForecastExample> examples = new ExampleSampler(encoded, ForecastFold.After(0), scaling.Horizon, architecture.Settings.ContextLength, reconstructs: false).HeldOut();

        int Choose(double speed)
        {
            using var generator = new Generator(1);
            using var network = (LatentSdeNetwork)architecture.CreateNetwork(scaling, generator);
            using IDisposable noGradient = no_grad();
            foreach ((string name, Parameter parameter) in network.named_parameters())
            {
                parameter.add_(randn(parameter.shape, generator: generator) * 0.2f);
                if (name.StartsWith("prior.drift", StringComparison.Ordinal))
                {
                    parameter.mul_(speed);
                }
            }

            return PathResolution.Choose(network, builder, examples, PathResolution.MostSteps, CancellationToken.None);
        }

        Assert.AreEqual(PathResolution.FewestSteps, Choose(0.2));
        Assert.IsGreaterThan(2 * PathResolution.FewestSteps, Choose(4));
        Assert.AreEqual(PathResolution.FewestSteps, PathResolution.Choose((LatentSdeNetwork)architecture.CreateNetwork(scaling, new Generator(1)), builder, [], PathResolution.MostSteps, CancellationToken.None));
    }
}
