using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NeuralOde;

/// <summary>What neural ODEs answer, and what it takes.</summary>
[TestClass]
public sealed class ScoringTests
{
    private const string Evaluations = "Evaluations";

    [TestMethod]
    public void Paths_on_a_line_never_cross_and_one_augmented_dimension_leads_them_past_each_other()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromEnumerable(NestedIntervals.Create(300)), test = ml.Data.LoadFromEnumerable(NestedIntervals.Create(297));
        Assert.IsGreaterThanOrEqualTo(0.99, Accuracy(augmented: 1));

        // A score that rises or falls along the line parts it once, and gets two of the three intervals right at best.
        Assert.IsLessThan(0.68, Accuracy(augmented: 0));

        double Accuracy(int augmented)
        {
            NeuralOdeOptions options = Annuli.Options(augmented, epochs: 40);
            using NeuralOdeTransformer model = ml.BinaryClassification.Trainers.NeuralOde(options).Fit(train);
            return ml.BinaryClassification.Evaluate(model.Transform(test)).Accuracy;
        }
    }

    [TestMethod]
    [DataRow(0, 1, 1)]
    [DataRow(5, 0, 1)]
    [DataRow(5, 2, 3)]
    public void Managed_memory_and_tensors_give_the_same_with_the_same_evaluations(int state, int augmented, int layers)
    {
        var ml = new MLContext(seed: 1);
        Annuli[] rows = Annuli.Create(100, seed: 1);
        NeuralOdeOptions options = Annuli.Options(augmented, epochs: 4);
        (options.StateWidth, options.HiddenLayers, options.EnsembleSize) = (state, layers, 2);
        using NeuralOdeTransformer model = ml.BinaryClassification.Trainers.NeuralOde(options).Fit(ml.Data.LoadFromEnumerable(rows));
        Assert.IsTrue(model.Model.IsManaged);
        VBuffer<float>[] features = [.. rows.Select(row => new VBuffer<float>(2, row.Features))];
        float[] byTensors = new float[2 * rows.Length], counts = new float[rows.Length], managed = new float[rows.Length], managedCounts = new float[rows.Length];
        model.Model.EvaluateTensors(features, byTensors, counts);
        model.Model.Score(features, rows.Length, managed, managedCounts);
        for (int row = 0; row < rows.Length; row++)
        {
            float[] score = new float[1];
            model.Model.Task.Score(byTensors.AsSpan(2 * row, 2), score);
            Assert.AreEqual(score[0], managed[row], 1e-4f * (1 + Math.Abs(score[0])));
        }

        // Two choose the first step of each network, and a step of Bogacki and Shampine's takes three.
        Assert.IsTrue(managedCounts.All(count => count >= 10 && (count - 4) % 3 == 0), string.Join(' ', managedCounts.Distinct()));
        Assert.AreEqual(counts.Average(), managedCounts.Average(), 0.2);
    }

    [TestMethod]
    public void A_row_costs_what_it_costs_alone()
    {
        var ml = new MLContext(seed: 1);
        Annuli[] rows = Annuli.Create(60, seed: 1);
        using NeuralOdeTransformer model = ml.BinaryClassification.Trainers.NeuralOde(Annuli.Options(augmented: 1, epochs: 5)).Fit(ml.Data.LoadFromEnumerable(rows));
        float[] together = [.. model.Transform(ml.Data.LoadFromEnumerable(rows)).GetColumn<float>(Evaluations)];
        using PredictionEngine<Annuli, Answer> engine = ml.Model.CreatePredictionEngine<Annuli, Answer>(model, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.AreSequenceEqual(together, [.. rows.Select(row => engine.Predict(row).Evaluations)]);
        Assert.AreSequenceEqual(
            [.. together.Reverse()], [.. model.Transform(ml.Data.LoadFromEnumerable(rows.Reverse().ToArray())).GetColumn<float>(Evaluations)]);
    }

    [TestMethod]
    public void A_row_that_is_not_finite_or_not_solved_has_no_score_and_leaves_the_others_alone()
    {
        var ml = new MLContext(seed: 1);
        Annuli[] rows = Annuli.Create(60, seed: 1);
        using NeuralOdeTransformer model = ml.BinaryClassification.Trainers.NeuralOde(Annuli.Options(augmented: 1, epochs: 5)).Fit(ml.Data.LoadFromEnumerable(rows));
        Answer[] expected = Answers(rows);
        Annuli[] withBad = [.. rows[..30], new Annuli { Features = [float.NaN, 0] }, .. rows[30..]];
        Answer[] actual = Answers(withBad);
        Assert.IsTrue(float.IsNaN(actual[30].Score) && float.IsNaN(actual[30].Evaluations) && !actual[30].PredictedLabel);
        Assert.AreSequenceEqual([.. expected.Select(answer => answer.Score)], [.. actual.Where((_, i) => i != 30).Select(answer => answer.Score)]);

        Answer[] Answers(Annuli[] some) => [.. ml.Data.CreateEnumerable<Answer>(model.Transform(ml.Data.LoadFromEnumerable(some)), reuseRowObject: false)];
    }

    [TestMethod]
    public void Units_of_features_and_labels_change_nothing()
    {
        var ml = new MLContext(seed: 1);
        double[] expected = Scores(1, 1), inCents = Scores(1024, 1 / 4096f);
        Assert.IsTrue(expected.Zip(inCents).All(pair => Math.Abs(pair.First - pair.Second) <= 1e-3 * (1 + Math.Abs(pair.First))));

        double[] Scores(float feature, float label)
        {
            Measured[] rows = [.. Annuli.Create(80, seed: 1).Select(row => new Measured { Features = [.. row.Features.Select(x => x * feature)], Label = (row.Features[0] - row.Features[1]) * label })];
            var options = new NeuralOdeOptions { StateWidth = 6, HiddenWidth = 8, EnsembleSize = 1, Training = { MaximumEpochs = 6, Seed = 1 } };
            IDataView data = ml.Data.LoadFromEnumerable(rows);
            using NeuralOdeTransformer model = ml.Regression.Trainers.NeuralOde(options).Fit(data);
            return [.. Scored.Values(model.Transform(data)).Select(score => (double)(score / label))];
        }
    }

    private sealed class Measured
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }

    private sealed class Answer
    {
        public float Score { get; set; }

        public float Evaluations { get; set; }

        public bool PredictedLabel { get; set; }
    }
}
