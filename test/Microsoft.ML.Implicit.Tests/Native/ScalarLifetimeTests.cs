using System.Collections.Concurrent;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Tests.Estimators.LatentOde;
using Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;
using Mono.Cecil;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Native;

/// <summary>Scalars outlive the native calls that read them.</summary>
[TestClass]
public sealed class ScalarLifetimeTests
{
    [TestMethod]
    public void The_library_calls_nothing_in_TorchSharp_that_makes_a_scalar_and_does_not_hold_it()
    {
        using ModuleDefinition torchSharp = ModuleDefinition.ReadModule(typeof(torch).Assembly.Location);
        using ModuleDefinition library = ModuleDefinition.ReadModule(typeof(NativeBackend).Assembly.Location);
        string[] found = [.. new UnheldScalars(torchSharp).FindCalls(library)];
        Assert.IsEmpty(found, string.Join(Environment.NewLine, found));
    }

    [TestMethod]
    public void Members_that_make_scalars_are_found_in_calls_and_in_what_these_call()
    {
        using ModuleDefinition torchSharp = ModuleDefinition.ReadModule(typeof(torch).Assembly.Location);
        using ModuleDefinition tests = ModuleDefinition.ReadModule(typeof(ScalarLifetimeTests).Assembly.Location);
        string[] found = [.. new UnheldScalars(torchSharp).FindCalls(tests).Where(call => call.Contains(nameof(Unheld), StringComparison.Ordinal))];
        foreach (string member in new[] { "op_Implicit", "op_Addition", "op_Subtraction", "arange", "square", "ToDouble", "ToScalar", "nn::Softplus" })
        {
            Assert.ContainsSingle(call => call.Contains($"::{member.Split("::")[^1]}(", StringComparison.Ordinal), found, member);
        }

        Assert.HasCount(8, found, string.Join(Environment.NewLine, found));
    }

    [TestMethod]
    public void Flows_and_forecast_engines_answer_eight_threads_under_constant_collections()
    {
        using NormalizingFlowTransformer flow = TrainFlow();
        using LatentOdeTransformer forecaster = TrainForecaster();
        float[] rows = [.. ToyData.Lumps(16, 2).SelectMany(row => row)];
        double[] expected = new double[16];
        flow.Model.LogDensity(rows, expected);
        var failures = new ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        Thread[] workers = [.. Enumerable.Range(0, 8).Select(_ => new Thread(Work))];
        var collector = new Thread(Collect);
        collector.Start();
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        stop.Cancel();
        collector.Join();
        Assert.IsEmpty(failures, failures.FirstOrDefault());

        void Work()
        {
            try
            {
                ForecastEngine<Observation, Forecast> engine = forecaster.CreateForecastEngine<Observation, Forecast>();
                double[] logDensities = new double[expected.Length];
                for (int i = 0; i < 40; i++)
                {
                    flow.Model.LogDensity(rows, logDensities);
                    engine.Observe(new Observation { Time = 0.3 * i, Sine = 5, Cosine = 1 });
                    if (!logDensities.AsSpan().SequenceEqual(expected) || !engine.Forecast().Values.All(float.IsFinite))
                    {
                        failures.Enqueue("Another answer than that of one thread.");
                    }
                }
            }
            catch (Exception exception)
            {
                failures.Enqueue(exception.ToString());
            }
        }

        void Collect()
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        }
    }

    // Never called: one call of each kind.
    private static double Unheld(Tensor x)
    {
        Scalar kept = 0.5.ToScalar();
        Tensor y = (x + x).clamp_min(0);
        y = kept - y.square();
        using var module = nn.Softplus();
        return (y * arange(kept)).ToDouble();
    }

    private static NormalizingFlowTransformer TrainFlow()
    {
        var ml = new MLContext(seed: 1);
        return ml.AnomalyDetection.Trainers.NormalizingFlow(Estimators.NormalizingFlow.QuickOptions.Create(epochs: 1)).Fit(ToyData.View(ml, ToyData.Lumps(100, 1)));
    }

    private static LatentOdeTransformer TrainForecaster()
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = Estimators.LatentOde.QuickOptions.Create(epochs: 1);
        options.Encoder = SeriesEncoderKind.OdeRnn;
        options.OutputColumnName = nameof(Forecast.Values);
        return ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(Waves.Create(30)));
    }

    private sealed class Observation
    {
        public double Time { get; set; }

        public float Sine { get; set; }

        public float Cosine { get; set; }
    }

    private sealed class Forecast
    {
        public float[] Values { get; set; } = [];

        public float[] Lower { get; set; } = [];

        public float[] Upper { get; set; } = [];
    }
}
