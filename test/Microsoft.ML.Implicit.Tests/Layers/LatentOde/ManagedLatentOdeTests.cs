using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.LatentOde.Managed;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.LatentOde;

/// <summary>Series are forecast in managed memory, which gives what tensor operations give.</summary>
[TestClass]
public class ManagedLatentOdeTests
{
    private const int Features = 7;
    private const int TargetFeatures = 3;
    private const int Targets = 5;
    private const int Variables = 2;
    private const int HistoryLength = 12;
    private const int GridLength = 9;

    [TestMethod]
    [DataRow(0, 4, 8)]
    [DataRow(2, 16, 48)]
    [DataRow(1, 17, 33)]
    public void Predictions_are_those_of_tensor_operations_in_batches_of_any_size(int controls, int latent, int hidden)
    {
        using LatentOdeNetwork network = Create(controls, latent, hidden);
        using ManagedLatentOde managed = network.CreateManaged()!;
        foreach (int rows in new[] { 1, 7, 8, 9, 64, 100 })
        {
            LatentOdeInputs inputs = Draw(rows, controls);
            (float[] means, float[] scales) = Predict(managed, inputs, null);
            (float[] expectedMeans, float[] expectedScales) = PredictByTensors(network, inputs, controls);
            for (int i = 0; i < means.Length; i++)
            {
                Assert.AreEqual(expectedMeans[i], means[i], 2e-5 * (1 + Math.Abs(expectedMeans[i])), $"mean {i} of {rows} rows");
                Assert.AreEqual(expectedScales[i], scales[i], 2e-5 * (1 + expectedScales[i]), $"scale {i} of {rows} rows");
            }
        }
    }

    [TestMethod]
    public void A_prediction_does_not_depend_on_the_rows_beside_it()
    {
        using LatentOdeNetwork network = Create(controls: 1, latent: 6, hidden: 20);
        using ManagedLatentOde managed = network.CreateManaged()!;
        LatentOdeInputs inputs = Draw(70, controls: 1);
        (float[] together, _) = Predict(managed, inputs, null);
        int stride = Targets * Variables;
        for (int row = 0; row < inputs.Count; row++)
        {
            (float[] alone, _) = Predict(managed, Row(inputs, row), null);
            CollectionAssert.AreEqual(together[(row * stride)..((row + 1) * stride)], alone, $"row {row}");
        }
    }

    [TestMethod]
    public void An_encoder_that_takes_in_one_observation_after_another_comes_to_the_same()
    {
        using LatentOdeNetwork network = Create(controls: 0, latent: 4, hidden: 9);
        using ManagedLatentOde managed = network.CreateManaged()!;
        LatentOdeInputs inputs = Draw(1, controls: 0);
        float[] state = new float[9];
        for (int i = 0; i <= inputs.LastIndices[0]; i++)
        {
            managed.Encode(state, inputs.History.AsSpan(i * Features, Features));
        }

        (float[] expected, _) = Predict(managed, inputs, null);
        (float[] means, _) = Predict(managed, inputs, state);
        CollectionAssert.AreEqual(expected, means);
    }

    [TestMethod]
    public void Other_encoders_are_left_to_tensor_operations()
    {
        using var generator = new Generator(1, CPU);
        using var network = new LatentOdeNetwork(new OdeRnnEncoder(Features, 8, generator), Sizes(0, 4, 8), generator);
        Assert.IsNull(network.CreateManaged());
    }

    private static (float[] Means, float[] Scales) Predict(ManagedLatentOde network, LatentOdeInputs inputs, float[]? state)
    {
        float[] means = new float[inputs.Count * Targets * Variables], scales = new float[means.Length];
        network.Predict(inputs, state, means, scales);
        return (means, scales);
    }

    private static (float[] Means, float[] Scales) PredictByTensors(LatentOdeNetwork network, LatentOdeInputs inputs, int controls)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor targets = zeros(inputs.Count, Targets, Variables);
        var batch = new ForecastBatch(
            tensor(inputs.History, [inputs.Count, HistoryLength, Features]),
            tensor(inputs.Gaps, [inputs.Count, HistoryLength]),
            tensor(inputs.LastIndices),
            (arange(inputs.Count) * HistoryLength) + tensor(inputs.LastIndices),
            new LatentQuery(
                inputs.Grid,
                controls == 0 ? null : tensor(inputs.Controls!, [GridLength, inputs.Count, controls]),
                inputs.LowerIndices,
                Array.ConvertAll(inputs.Thetas, place => (double)place),
                tensor(inputs.TargetFeatures, [inputs.Count * Targets, TargetFeatures])),
            targets,
            targets);
        (Tensor mean, Tensor scale) = ForecastPrediction.Of(network, batch, CancellationToken.None);
        return (mean.ReadSingles(), scale.ReadSingles());
    }

    private static LatentOdeNetwork Create(int controls, int latent, int hidden)
    {
        using var generator = new Generator(3, CPU);
        var network = new LatentOdeNetwork(new GruEncoder(Features, hidden, generator), Sizes(controls, latent, hidden), generator);
        using IDisposable noGradient = no_grad();
        foreach (Parameter parameter in network.parameters())
        {
            // Larger ones make paths chaotic, which tell rounding apart.
            using Tensor drawn = randn(parameter.shape, generator: generator) / Math.Sqrt(parameter.shape.Max());
            parameter.copy_(drawn);
        }

        return network;
    }

    private static LatentOdeSizes Sizes(int controls, int latent, int hidden) => new(Features, TargetFeatures, controls, Variables, latent, hidden);

    // Histories of different lengths and targets before, at and behind grid times.
    private static LatentOdeInputs Draw(int rows, int controls)
    {
        var random = new Random(rows);
        return new LatentOdeInputs(
            Numbers(rows * HistoryLength * Features),
            Numbers(rows * HistoryLength),
            [.. Enumerable.Range(0, rows).Select(_ => (long)random.Next(HistoryLength))],
            [.. Enumerable.Range(0, GridLength).Select(i => i / 8.0)],
            controls == 0 ? null : Numbers(GridLength * rows * controls),
            [.. Enumerable.Range(0, rows * Targets).Select(i => ((long)random.Next(GridLength - 1) * rows) + (i / Targets))],
            [.. Enumerable.Range(0, rows * Targets).Select(i => i % 4 == 0 ? 1 : i % 4 == 1 ? 0 : random.NextSingle())],
            Numbers(rows * Targets * TargetFeatures));

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }

    private static LatentOdeInputs Row(LatentOdeInputs inputs, int row) => new(
        Part(inputs.History, row, HistoryLength * Features),
        Part(inputs.Gaps, row, HistoryLength),
        [inputs.LastIndices[row]],
        inputs.Grid,
        inputs.Controls is null ? null : [.. Enumerable.Range(0, GridLength).Select(node => inputs.Controls[(node * inputs.Count) + row])],
        [.. inputs.LowerIndices[(row * Targets)..((row + 1) * Targets)].Select(index => index / inputs.Count)],
        Part(inputs.Thetas, row, Targets),
        Part(inputs.TargetFeatures, row, Targets * TargetFeatures));

    private static float[] Part(float[] values, int row, int length) => values[(row * length)..((row + 1) * length)];
}
