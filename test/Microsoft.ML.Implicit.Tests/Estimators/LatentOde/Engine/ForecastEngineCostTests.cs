using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Engine;

[TestClass]
public class ForecastEngineCostTests
{
    [TestMethod]
    public void An_observation_costs_one_step_of_the_encoder_however_long_the_history_and_a_forecast_none()
    {
        const int width = 4;
        var environment = (IHostEnvironment)new MLContext(seed: 1);
        var architecture = new LatentOdeArchitecture(new LatentOdeOptions { LatentWidth = 2, HiddenWidth = width, SolverSteps = 2, ContextLength = 16 });
        var scaling = SeriesScaling.Fit([new TimeSeries([0, 1, 2], [[0, 1, 0]], [], [], [])], horizon: 1, periods: []);
        using var generator = new Generator(1);
        var encoder = new CountingEncoder(width);
        var network = new LatentOdeNetwork(encoder, new LatentOdeSizes(scaling.FeatureCount, scaling.TargetFeatureCount, 0, 1, architecture.Settings.LatentWidth, width), generator);
        var columns = new SeriesColumns(nameof(Observation.Time), [nameof(Observation.Value)], [], null, []);
        using var transformer = new LatentOdeTransformer(
            environment.Register("test"),
            new LatentOdeModelParameters(new ForecastParts(architecture, columns, scaling, [network], [2], [2], CPU)),
            columns,
            new ForecastColumns(nameof(Forecast.Values), null, null, [1], null));
        ForecastEngine<Observation, Forecast> engine = transformer.CreateForecastEngine<Observation, Forecast>();

        for (int i = 1; i <= 2000; i++)
        {
            engine.Observe(new Observation { Time = i, Value = i % 2 });
            Assert.AreEqual(i, encoder.Observations);
        }

        Assert.IsTrue(float.IsFinite(engine.Forecast().Values[0]));
        Assert.AreEqual(2000, encoder.Observations);
    }

    /// <summary>Counts the observations it reads, one by one or as parts of whole histories.</summary>
    private sealed class CountingEncoder(long width) : SeriesEncoder(nameof(CountingEncoder), width)
    {
        public long Observations { get; private set; }

        public override Tensor Step(Tensor state, Tensor features, Tensor gap)
        {
            Observations++;
            return state.clone();
        }
    }

    private sealed class Observation
    {
        public double Time { get; set; }

        public float Value { get; set; }
    }

    private sealed class Forecast
    {
        public float[] Values { get; set; } = [];
    }
}
