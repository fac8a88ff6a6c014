using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>Small models are scored in managed memory, which gives what tensor operations give.</summary>
[TestClass]
public class ManagedScoringTests
{
    private const int FeatureCount = 11;

    private static readonly VBuffer<float>[] Rows = CreateRows(2000);

    [TestMethod]
    [DataRow("multiclass", 1, EquilibriumSolverKind.Anderson, 128)]
    [DataRow("multiclass", 3, EquilibriumSolverKind.Anderson, 37)]
    [DataRow("binary", 2, EquilibriumSolverKind.Anderson, 16)]
    [DataRow("regression", 2, EquilibriumSolverKind.Picard, 20)]
    public void Scores_are_those_of_tensor_operations_in_batches_of_any_size(string task, int networks, EquilibriumSolverKind solver, int width)
    {
        using DeepEquilibriumTransformer transformer = Train(task, networks, solver, width);
        DeepEquilibriumModelParameters model = transformer.Model;
        Assert.IsTrue(model.IsManaged);
        int outputs = model.Task.OutputWidth;
        float[] expected = ScoreByTensors(model);

        // Solutions and arithmetic are as exact as numbers of the label's scale can be told.
        double scale = model.Task is RegressionTask ? DeviationOfLabels() : 1;
        foreach (int size in new[] { 1, 7, 8, 9, 64, 1000 })
        {
            float[] scores = new float[Rows.Length * outputs];
            foreach (int[] places in Enumerable.Range(0, Rows.Length).Chunk(size))
            {
                float[] batch = new float[places.Length * outputs];
                model.Score([.. places.Select(place => Rows[place])], places.Length, batch);
                batch.CopyTo(scores, places[0] * outputs);
            }

            for (int i = 0; i < scores.Length; i++)
            {
                Assert.AreEqual(expected[i], scores[i], 2e-4 * (scale + Math.Abs(expected[i])), $"row {i / outputs} in batches of {size}");
            }
        }
    }

    [TestMethod]
    public void A_score_does_not_depend_on_the_rows_beside_it()
    {
        using DeepEquilibriumTransformer transformer = Train("multiclass", 2, EquilibriumSolverKind.Anderson, 24);
        int outputs = transformer.Model.Task.OutputWidth;
        float[] together = new float[Rows.Length * outputs];
        transformer.Model.Score(Rows, Rows.Length, together);
        float[] reversed = new float[Rows.Length * outputs];
        transformer.Model.Score([.. Rows.Reverse()], Rows.Length, reversed);
        float[] alone = new float[outputs];
        for (int row = 0; row < Rows.Length; row++)
        {
            transformer.Model.Score([Rows[row]], 1, alone);
            CollectionAssert.AreEqual(together[(row * outputs)..((row + 1) * outputs)], alone, $"row {row} alone");
            CollectionAssert.AreEqual(alone, reversed[((Rows.Length - 1 - row) * outputs)..((Rows.Length - row) * outputs)], $"row {row} in reverse");
        }
    }

    [TestMethod]
    public void Eight_threads_get_what_one_gets()
    {
        using DeepEquilibriumTransformer transformer = Train("binary", 2, EquilibriumSolverKind.Anderson, 24);
        float[] expected = new float[Rows.Length];
        transformer.Model.Score(Rows, Rows.Length, expected);
        float[][] scores = new float[8][];
        Thread[] threads = [.. scores.Select((_, t) => new Thread(() =>
        {
            float[] own = new float[Rows.Length];
            float[] one = new float[1];
            for (int row = 0; row < Rows.Length; row++)
            {
                transformer.Model.Score([Rows[row]], 1, one);
                own[row] = one[0];
            }

            scores[t] = own;
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Array.ForEach(scores, own => CollectionAssert.AreEqual(expected, own));
    }

    [TestMethod]
    public void A_row_is_scored_without_an_allocation()
    {
        using DeepEquilibriumTransformer transformer = Train("multiclass", 1, EquilibriumSolverKind.Anderson, 16);
        VBuffer<float>[] row = [Rows[0]];
        float[] scores = new float[transformer.Model.Task.OutputWidth];
        Score(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Score(1000);
        Assert.IsLessThan(1000, GC.GetAllocatedBytesForCurrentThread() - before);

        void Score(int times)
        {
            for (int i = 0; i < times; i++)
            {
                transformer.Model.Score(row, 1, scores);
            }
        }
    }

    [TestMethod]
    public void Broyden_and_wide_cells_are_left_to_tensor_operations()
    {
        using DeepEquilibriumTransformer broyden = Train("binary", 1, EquilibriumSolverKind.Broyden, 16);
        using DeepEquilibriumTransformer wide = Train("binary", 1, EquilibriumSolverKind.Anderson, 264);
        Assert.IsFalse(broyden.Model.IsManaged);
        Assert.IsFalse(wide.Model.IsManaged);
        float[] scores = new float[Rows.Length];
        broyden.Model.Score(Rows, Rows.Length, scores);
        CollectionAssert.AreEqual(ScoreByTensors(broyden.Model), scores);
    }

    private static float[] ScoreByTensors(DeepEquilibriumModelParameters model)
    {
        int outputs = model.Task.OutputWidth;
        int stride = model.EnsembleSize * outputs;
        float[] all = new float[Rows.Length * stride];
        model.EvaluateTensors(Rows, all);
        float[] scores = new float[Rows.Length * outputs];
        for (int row = 0; row < Rows.Length; row++)
        {
            model.Task.Score(all.AsSpan(row * stride, stride), scores.AsSpan(row * outputs, outputs));
        }

        return scores;
    }

    private static DeepEquilibriumTransformer Train(string task, int networks, EquilibriumSolverKind solver, int width)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows.Take(300).Select((row, i) => new Row
        {
            Features = [.. row.DenseValues().Select(value => Math.Clamp(value, -5, 5))],
            Class = (uint)(1 + (i % 3)),
            IsLarge = row.GetItemOrDefault(0) > 0,
            Value = Label(row),
        }));
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 3);
        (options.EnsembleSize, options.Solver, options.HiddenWidth) = (networks, solver, width);
        options.LabelColumnName = task switch { "multiclass" => nameof(Row.Class), "binary" => nameof(Row.IsLarge), _ => nameof(Row.Value) };
        return task switch
        {
            "multiclass" => ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(data),
            "binary" => ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(data),
            _ => ml.Regression.Trainers.DeepEquilibrium(options).Fit(data),
        };
    }

    private static double DeviationOfLabels()
    {
        double[] labels = [.. Rows.Take(300).Select(row => (double)Label(row))];
        return Math.Sqrt(labels.Average(label => label * label) - Math.Pow(labels.Average(), 2));
    }

    private static float Label(VBuffer<float> row) => row.GetItemOrDefault(0) + row.GetItemOrDefault(1);

    // Rows near the training rows, some sparse, and some far from them.
    private static VBuffer<float>[] CreateRows(int count)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, count).Select(row =>
        {
            double scale = row % 50 == 49 ? Math.Pow(10, random.Next(2, 37)) : 1;
            float[] values = [.. Enumerable.Range(0, FeatureCount).Select(_ => (float)(scale * (random.NextDouble() + random.NextDouble() - 1)))];
            return row % 7 == 3 ? new VBuffer<float>(FeatureCount, 2, [values[0], values[1]], [4, 9]) : new VBuffer<float>(FeatureCount, values);
        })];
    }

    private sealed class Row
    {
        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        [KeyType(3)]
        public uint Class { get; set; }

        public bool IsLarge { get; set; }

        public float Value { get; set; }
    }
}
