using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

/// <summary>Small flows are scored in managed memory, which gives what tensor operations give of a row alone.</summary>
[TestClass]
public class ManagedEncodingTests
{
    private const int Count = 2000;
    private const int Width = 3;

    private static readonly float[] Features = CreateRows();
    private static readonly float[] Contexts = [.. Features.Chunk(Width).SelectMany(row => new[] { row[0] + (row[1] / 3), -row[2] })];

    [TestMethod]
    [DataRow(2, DynamicsActivation.Tanh, false)]
    [DataRow(1, DynamicsActivation.Softplus, false)]
    [DataRow(2, DynamicsActivation.Softplus, true)]
    public void Encodings_are_those_of_tensor_operations(int layers, DynamicsActivation activation, bool isConditional)
    {
        using NormalizingFlowTransformer transformer = Train(layers, activation, isConditional);
        NormalizingFlowModelParameters model = transformer.Model;
        Assert.IsTrue(model.Evaluator.IsManaged);
        float[] contexts = isConditional ? Contexts : [];
        int contextWidth = isConditional ? 2 : 0;
        foreach (int size in new[] { 1, 7, 64, 1000 })
        {
            float[] latent = new float[Features.Length];
            double[] logDensities = new double[Count], meanSquares = new double[Count];
            for (int first = 0; first < Count; first += size)
            {
                int count = Math.Min(size, Count - first);
                model.Evaluator.Encode(Rows(Features, Width), latent.AsSpan(first * Width, count * Width), logDensities.AsSpan(first, count), meanSquares.AsSpan(first, count), Rows(contexts, contextWidth), model.Tolerance);

                ReadOnlySpan<float> Rows(float[] all, int width) => all.AsSpan(first * width, count * width);
            }

            for (int row = 0; row < Count; row += 5)
            {
                float[] expectedLatent = new float[Width];
                double[] expected = new double[1], expectedSquare = new double[1];
                model.Evaluator.EncodeByTensors(Features.AsSpan(row * Width, Width), expectedLatent, expected, expectedSquare, contexts.AsSpan(row * contextWidth, contextWidth), model.Tolerance);
                AssertClose(expected[0], logDensities[row], $"log density of row {row} in batches of {size}");
                AssertClose(expectedSquare[0], meanSquares[row], $"mean square of row {row} in batches of {size}");
                for (int i = 0; i < Width; i++)
                {
                    AssertClose(expectedLatent[i], latent[(row * Width) + i], $"latent {i} of row {row} in batches of {size}");
                }
            }
        }
    }

    [TestMethod]
    public void A_log_density_does_not_depend_on_the_rows_beside_it()
    {
        using NormalizingFlowTransformer transformer = Train(2, DynamicsActivation.Tanh, isConditional: false);
        double[] together = new double[Count], reversed = new double[Count], alone = new double[1];
        transformer.Model.LogDensity(Features, together);
        transformer.Model.LogDensity([.. Features.Chunk(Width).Reverse().SelectMany(row => row)], reversed);
        for (int row = 0; row < Count; row++)
        {
            transformer.Model.LogDensity(Features.AsSpan(row * Width, Width), alone);
            Assert.AreEqual(together[row], alone[0], $"row {row} alone");
            Assert.AreEqual(together[row], reversed[^(row + 1)], $"row {row} in reverse");
        }
    }

    [TestMethod]
    public void Eight_threads_get_what_one_gets()
    {
        using NormalizingFlowTransformer transformer = Train(2, DynamicsActivation.Tanh, isConditional: false);
        double[] expected = new double[Count];
        transformer.Model.LogDensity(Features, expected);
        double[][] found = [.. Enumerable.Range(0, 8).Select(_ => new double[Count])];
        Thread[] threads = [.. found.Select(own => new Thread(() =>
        {
            for (int row = 0; row < Count; row++)
            {
                transformer.Model.LogDensity(Features.AsSpan(row * Width, Width), own.AsSpan(row, 1));
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Array.ForEach(found, own => CollectionAssert.AreEqual(expected, own));
    }

    [TestMethod]
    public void A_row_is_encoded_without_an_allocation()
    {
        using NormalizingFlowTransformer transformer = Train(1, DynamicsActivation.Tanh, isConditional: false);
        double[] logDensity = new double[1];
        Encode(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Encode(1000);
        Assert.IsLessThan(1000, GC.GetAllocatedBytesForCurrentThread() - before);

        void Encode(int times)
        {
            for (int i = 0; i < times; i++)
            {
                transformer.Model.LogDensity(Features.AsSpan(0, Width), logDensity);
            }
        }
    }

    [TestMethod]
    public void Deep_and_gated_flows_are_left_to_tensor_operations()
    {
        using NormalizingFlowTransformer deep = Train(3, DynamicsActivation.Tanh, isConditional: false);
        using NormalizingFlowTransformer gated = Train(2, DynamicsActivation.Tanh, isConditional: false, FlowTimeConditioning.ConcatSquash);
        Assert.IsFalse(deep.Model.Evaluator.IsManaged);
        Assert.IsFalse(gated.Model.Evaluator.IsManaged);
    }

    private static void AssertClose(double expected, double actual, string name)
    {
        if (double.IsNaN(expected))
        {
            Assert.IsTrue(double.IsNaN(actual), $"{name}: {actual} instead of NaN");
        }
        else
        {
            Assert.AreEqual(expected, actual, 2e-5 * (1 + Math.Abs(expected)), name);
        }
    }

    private static NormalizingFlowTransformer Train(int layers, DynamicsActivation activation, bool isConditional, FlowTimeConditioning time = FlowTimeConditioning.Concatenate)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Features.Chunk(Width).Zip(Contexts.Chunk(2)).Where((_, row) => row % 50 < 48).Take(400).Select(pair => new Row { Features = pair.First, Context = pair.Second }));
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 4);
        (options.HiddenLayers, options.Activation, options.Time) = (layers, activation, time);
        options.ContextColumnName = isConditional ? nameof(Row.Context) : null;
        return ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data);
    }

    // Curved, so that the density is no product; some rows far out, some with values that are missing.
    private static float[] CreateRows()
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, Count).SelectMany(row =>
        {
            double x = random.NextDouble() + random.NextDouble() - 1;
            double scale = row % 50 == 48 ? Math.Pow(10, random.Next(1, 30)) : 1;
            float[] values = [(float)(x * scale), (float)(scale * (Math.Sin(3 * x) + (random.NextDouble() / 4))), (float)(scale * random.NextDouble())];
            values[row % Width] = row % 50 == 49 ? (row % 100 == 49 ? float.NaN : float.NegativeInfinity) : values[row % Width];
            return values;
        })];
    }

    private sealed class Row
    {
        [VectorType(Width)]
        public float[] Features { get; set; } = [];

        [VectorType(2)]
        public float[] Context { get; set; } = [];
    }
}
