using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

[TestClass]
public class ScoringTests
{
    [TestMethod]
    public void Prediction_engines_in_eight_threads_agree_with_batch_scoring()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        DeepEquilibriumTransformer model = ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create()).Fit(data);
        float[][] expected = Scored.Vectors(model.Transform(data));
        Flower[] rows = [.. ml.Data.CreateEnumerable<Flower>(data, reuseRowObject: false, ignoreMissingColumns: true)];
        Thread[] threads = new Thread[8];
        var failures = new System.Collections.Concurrent.ConcurrentQueue<string>();
        for (int t = 0; t < threads.Length; t++)
        {
            threads[t] = new Thread(() =>
            {
                PredictionEngine<Flower, Prediction> engine = ml.Model.CreatePredictionEngine<Flower, Prediction>(model, new PredictionEngineOptions { OwnsTransformer = false });
                for (int row = 0; row < rows.Length; row++)
                {
                    Prediction prediction = engine.Predict(rows[row]);
                    if (prediction.Score.Zip(expected[row]).Any(pair => Math.Abs(pair.First - pair.Second) > 2e-3))
                    {
                        failures.Enqueue($"row {row}: {string.Join(' ', prediction.Score)} instead of {string.Join(' ', expected[row])}");
                    }
                }
            });
            threads[t].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.IsEmpty(failures, failures.FirstOrDefault());
    }

    [TestMethod]
    public void Nothing_is_read_before_rows_are_asked_for()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumTransformer model = ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(RealData.Iris(ml));
        int read = 0;
        IEnumerable<Flower> Source()
        {
            for (int i = 0; i < 100_000; i++)
            {
                read++;
                yield return new Flower { Features = [5, 3, 1, 0.2f] };
            }
        }

        IDataView scored = model.Transform(ml.Data.LoadFromEnumerable(Source()));
        Assert.AreEqual(0, read);
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        Assert.IsTrue(cursor.MoveNext());
        Assert.IsLessThan(2000, read, "one batch ahead, no more");
    }

    [TestMethod]
    [DataRow(1e20f)]
    [DataRow(1e38f)]
    [DataRow(-float.MaxValue)]
    public void A_row_of_extreme_features_whose_sum_overflows_is_scored_and_leaves_others_alone(float extreme)
    {
        var ml = new MLContext(seed: 1);
        IDataView iris = RealData.Iris(ml);
        Flower[] rows = [.. ml.Data.CreateEnumerable<Flower>(iris, reuseRowObject: false, ignoreMissingColumns: true).Take(40)];
        Flower[] withExtreme = [.. rows, new Flower { Features = [extreme, extreme, extreme, extreme] }];
        DeepEquilibriumTransformer classifier = ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(iris);
        float[][] expected = Scored.Vectors(classifier.Transform(ml.Data.LoadFromEnumerable(rows)));
        float[][] scores = Scored.Vectors(classifier.Transform(ml.Data.LoadFromEnumerable(withExtreme)));
        Assert.AreEqual(1, scores[^1].Sum(), 1e-4);
        for (int row = 0; row < rows.Length; row++)
        {
            Assert.IsTrue(scores[row].Zip(expected[row]).All(pair => Math.Abs(pair.First - pair.Second) < 2e-3));
        }

        Measured[] measured = [.. Enumerable.Range(0, 40).Select(i => new Measured { Features = [i, 40 - i], Label = i })];
        DeepEquilibriumTransformer regression = ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(ml.Data.LoadFromEnumerable(measured));
        Assert.IsTrue(Scored.Values(regression.Transform(ml.Data.LoadFromEnumerable([.. measured, new Measured { Features = [extreme, extreme] }]))).All(float.IsFinite));
    }

    [TestMethod]
    public void A_row_with_a_missing_feature_has_no_score_and_leaves_others_alone()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumTransformer model = ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(RealData.Iris(ml));
        Flower good = new() { Features = [5, 3, 1, 0.2f] };
        Flower bad = new() { Features = [5, float.NaN, 1, float.PositiveInfinity] };
        Prediction[] mixed = Predict(ml, model, good, bad, good);
        Prediction[] alone = Predict(ml, model, good);
        Assert.IsTrue(mixed[1].Score.All(float.IsNaN));
        Assert.AreEqual(0u, mixed[1].PredictedLabel);
        foreach (Prediction prediction in new[] { mixed[0], mixed[2] })
        {
            Assert.AreEqual(alone[0].PredictedLabel, prediction.PredictedLabel);
            CollectionAssert.AreEqual(alone[0].Score, prediction.Score, "a row scores the same in any company");
        }
    }

    [TestMethod]
    public void Parallel_cursor_sets_and_repeated_reads_agree()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        IDataView scored = ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(data).Transform(data);
        DataViewSchema.Column column = scored.Schema["Score"];
        Dictionary<DataViewRowId, float[]> expected = Scores(scored.GetRowCursor([column]));
        (DataViewRowId Id, float[] Score)[] parts = [.. scored.GetRowCursorSet([column], 4).AsParallel().SelectMany(Scores).Select(row => (row.Key, row.Value))];
        Assert.HasCount(expected.Count, parts);
        foreach ((DataViewRowId id, float[] score) in parts)
        {
            CollectionAssert.AreEqual(expected[id], score);
        }

        Dictionary<DataViewRowId, float[]> Scores(DataViewRowCursor cursor)
        {
            using (cursor)
            {
                ValueGetter<VBuffer<float>> getScore = cursor.GetGetter<VBuffer<float>>(column);
                ValueGetter<DataViewRowId> getId = cursor.GetIdGetter();
                VBuffer<float> value = default;
                DataViewRowId id = default;
                var scores = new Dictionary<DataViewRowId, float[]>();
                while (cursor.MoveNext())
                {
                    getScore(ref value);
                    getId(ref id);
                    scores.Add(id, [.. value.DenseValues()]);
                }

                return scores;
            }
        }
    }

    private static Prediction[] Predict(MLContext ml, ITransformer model, params Flower[] rows) =>
        [.. ml.Data.CreateEnumerable<Prediction>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];

    private sealed class Flower
    {
        [VectorType(4)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Measured
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }

    private sealed class Prediction
    {
        [KeyType(3)]
        public uint PredictedLabel { get; set; }

        [VectorType(3)]
        public float[] Score { get; set; } = [];
    }
}
