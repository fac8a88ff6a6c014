using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.LatentOde;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Training;

[TestClass]
public class EnsembleCalibrationTests
{
    [TestMethod]
    public void Bounds_are_narrower_where_networks_err_to_different_sides_and_the_same_where_they_agree()
    {
        using DisposeScope scope = NewDisposeScope();
        var architecture = new LatentOdeArchitecture(new LatentOdeOptions { LatentWidth = 2, HiddenWidth = 4, SolverSteps = 2 });
        var random = new Random(1);
        TimeSeries[] series = [.. Enumerable.Range(0, 30).Select(_ => new TimeSeries([0, 1, 2, 3], [[.. Enumerable.Range(0, 4).Select(_ => random.NextSingle())]], [], [], []))];
        var scaling = SeriesScaling.Fit(series, horizon: 1, periods: []);
        var builder = new ForecastBatchBuilder(scaling, architecture.Settings.Anchor, architecture.Settings.SolverSteps, CPU);
        EncodedSeries[] encoded = [.. series.Select(s => new EncodedSeries(s, scaling))];
        IReadOnlyList<ForecastExample> unseen = new ExampleSampler(encoded, ForecastFold.After(0), scaling.Horizon, architecture.Settings.ContextLength, reconstructs: false).HeldOut();

        double Factor(params float[] offsets)
        {
            ForecastMember[] members = [.. offsets.Select(offset => new ForecastMember(Offset(architecture, scaling, offset), Blend: null))];
            var calibration = new EnsembleCalibration(builder, scaling, countsSeries: true);
            foreach (ForecastMember member in members)
            {
                calibration.Add(member, unseen);
            }

            return calibration.Factors(members, unseen, 0.9)[0];
        }

        Assert.AreEqual(Factor(20), Factor(20, 20), 1e-5 * Factor(20));
        Assert.IsLessThan(0.1 * Factor(20), Factor(20, -20));
    }

    // An untrained network forecasts the last value plus the bias of its decoder.
    private static LatentNetwork Offset(LatentOdeArchitecture architecture, SeriesScaling scaling, float offset)
    {
        using var generator = new Generator(1);
        LatentNetwork network = architecture.CreateNetwork(scaling, generator);
        using IDisposable noGradient = no_grad();
        network.named_parameters().Single(parameter => parameter.name == "decoder.linear.bias").parameter[0] = tensor(offset);
        return network;
    }
}
