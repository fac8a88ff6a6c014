using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.ControlledEquation;

/// <summary>Series of many points, and times far from zero and from each other.</summary>
[TestClass]
public sealed class LongSeriesTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    public void Long_series_are_read_by_windows_unless_a_recurrence_is_asked_for()
    {
        ControlledEquationOptions options = Options(null);
        options.Training.MaximumEpochs = 2;
        IDataView data = Ml.Data.LoadFromEnumerable(Waves(6, 5000, seed: 1));
        using ControlledEquationTransformer model = Ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(data);
        Assert.AreEqual(SeriesReadingKind.ControlledDifferentialEquation, model.Model.Reading);
        Assert.AreEqual(64, model.Model.Training!.ChosenSettings["Windows"]);
        Assert.IsTrue(Scored.Values(model.Transform(data)).All(float.IsFinite));
    }

    [TestMethod]
    public void Windows_tell_long_series_apart()
    {
        ControlledEquationOptions options = Options(SeriesReadingKind.ControlledDifferentialEquation);
        (options.Training.MaximumEpochs, options.Training.BatchSize, options.Training.LearningRate) = (30, 20, 0.01);
        IDataView train = Ml.Data.LoadFromEnumerable(Waves(60, 1000, seed: 1)), test = Ml.Data.LoadFromEnumerable(Waves(60, 1000, seed: 2));
        using ControlledEquationTransformer model = Ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(train);
        Assert.IsGreaterThan(0.9, Ml.BinaryClassification.Evaluate(model.Transform(test), nameof(Wave.IsFast)).AreaUnderRocCurve);
    }

    [TestMethod]
    public void A_step_of_training_that_is_taken_part_by_part_has_the_gradients_of_all()
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(1);
        EncodedChannels[] series = [.. Enumerable.Range(0, 4).Select(i => new EncodedChannels(
            [.. Enumerable.Range(0, 12_000).Select(k => (double)k)], [.. Enumerable.Range(0, 12_000).Select(_ => random.NextSingle())], [], Label: i % 2, Weight: 1 + (i / 4f)))];
        Assert.IsGreaterThan(1, SeriesBatches.Split(series).Count());
        var shape = new SeriesShape(Channels: 1, [], Statics: 0, Span: 12_000, Points: 12_000);
        var options = new ControlledEquationOptions { StateWidth = 4, HiddenWidth = 4, Layers = 1, RotationBlocks = 1 };
        SeriesNetwork network = new ControlledEquationArchitecture(SeriesReadingKind.LinearRecurrence, options, shape, series.Length, 12_000).CreateNetwork(shape, 1, new Generator(1, CPU));
        using var run = new TrainingRun(((IHostEnvironment)Ml).Register("Test"), new TrainingOptions());
        var problem = new ControlledEquationProblem(network, shape, new BinaryTask(), series, [], dropout: 0, new Generator(1, CPU), run);
        double loss = problem.TrainBatch(arange(4), 0).item<float>();
        double[][] found = [.. network.parameters().Select(Gradient)];

        network.zero_grad();
        SeriesInputs all = SeriesBatches.Create(series, shape, CPU);
        Tensor whole = new BinaryTask().Loss(network.Output(network.Features(all, out _), all.Statics), SeriesBatches.Labels(series, CPU), SeriesBatches.Weights(series, CPU));
        whole.backward();
        Assert.AreEqual(whole.item<float>(), loss, 1e-6);
        foreach ((double[] expected, double[] actual) in network.parameters().Select(Gradient).Zip(found))
        {
            double size = Math.Sqrt(expected.Sum(value => value * value));
            Assert.IsLessThanOrEqualTo(1e-5 + (1e-3 * size), Math.Sqrt(expected.Zip(actual, (left, right) => (left - right) * (left - right)).Sum()));
        }

        static double[] Gradient(Tensor parameter) => parameter.grad is { } gradient ? [.. gradient.data<float>().Select(value => (double)value)] : [];
    }

    [TestMethod]
    [DataRow(SeriesReadingKind.LinearRecurrence)]
    [DataRow(SeriesReadingKind.ControlledDifferentialEquation)]
    public void Times_far_from_zero_change_nothing_and_one_far_from_all_others_is_scored(SeriesReadingKind reading)
    {
        Wave[] waves = [.. Waves(20, 30, seed: 1)], shifted = [.. waves.Select(wave => new Wave { Time = [.. wave.Time.Select(time => time + 1e15)], Sine = wave.Sine, Cosine = wave.Cosine, IsFast = wave.IsFast })];
        ControlledEquationOptions options = Options(reading);
        using ControlledEquationTransformer model = Ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(Ml.Data.LoadFromEnumerable(waves));
        using ControlledEquationTransformer other = Ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(Ml.Data.LoadFromEnumerable(shifted));
        float[] expected = Scored.Values(model.Transform(Ml.Data.LoadFromEnumerable(waves)));
        AssertClose(expected, Scored.Values(other.Transform(Ml.Data.LoadFromEnumerable(shifted))), 0);
        AssertClose(expected, Scored.Values(model.Transform(Ml.Data.LoadFromEnumerable(shifted))), 0);

        Wave far = Waves(1, 30, seed: 3)[0];
        foreach (double last in (double[])[1e6, 1e15, 1e30, 1e100])
        {
            far.Time[^1] = last;
            Assert.IsTrue(Scored.Values(model.Transform(Ml.Data.LoadFromEnumerable([far]))).All(float.IsFinite), $"{last}");
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    public void A_stored_model_keeps_its_rotations(int blocks)
    {
        ControlledEquationOptions options = Options(SeriesReadingKind.LinearRecurrence);
        options.RotationBlocks = blocks;
        IDataView data = Ml.Data.LoadFromEnumerable(Waves(20, 30, seed: 1));
        using ControlledEquationTransformer model = Ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(data);
        using var file = new MemoryStream();
        Ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        using var loaded = (ControlledEquationTransformer)new MLContext().Model.Load(file, out _);
        Assert.AreEqual(model.Model.ParameterCount, loaded.Model.ParameterCount);
        AssertClose(Scored.Values(model.Transform(data)), Scored.Values(loaded.Transform(data)), 0);
    }

    private static ControlledEquationOptions Options(SeriesReadingKind? reading) => new()
    {
        LabelColumnName = nameof(Wave.IsFast),
        InputColumnNames = [nameof(Wave.Sine), nameof(Wave.Cosine)],
        Reading = reading,
        StateWidth = 16,
        HiddenWidth = 16,
        EnsembleSize = 1,
        Training = { Seed = 1, MaximumEpochs = 3 },
    };

    private static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        foreach ((float left, float right) in expected.Zip(actual))
        {
            Assert.AreEqual(left, right, (float)tolerance);
        }
    }

    private static Wave[] Waves(int count, int points, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            bool isFast = i % 2 == 0;
            double phase = 6 * random.NextDouble();
            double[] angles = [.. Enumerable.Range(0, points).Select(k => phase + ((isFast ? 25 : 15) * k / (double)points))];
            int time = 0;
            return new Wave
            {
                Time = [.. angles.Select(_ => (double)(time += 1 + random.Next(3)))],
                Sine = [.. angles.Select(angle => (float)Math.Sin(angle))],
                Cosine = [.. angles.Select(angle => (float)Math.Cos(angle))],
                IsFast = isFast,
            };
        })];
    }

    private sealed class Wave
    {
        public double[] Time { get; set; } = [];

        public float[] Sine { get; set; } = [];

        public float[] Cosine { get; set; } = [];

        public bool IsFast { get; set; }
    }
}
