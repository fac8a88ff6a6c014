using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.LearnedQuadraticProgram;

/// <summary>Decisions judged by their realised costs.</summary>
[TestClass]
public class DecisionMetricsTests
{
    [TestMethod]
    public void Regret_is_what_decisions_cost_above_the_best_ones()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Markets.Noisy(ml), later = Markets.Noisy(ml, rows: 600, seed: 4);
        using LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(Markets.Options(DecisionLoss.SpoPlus, epochs: 2)).Fit(data);
        DecisionMetrics metrics = ml.Transforms.EvaluateDecisions(model, later, "Costs");
        float[][] decisions = Scored.Vectors(model.Transform(later), "Solution"), costs = Scored.Vectors(later, "Costs");
        Assert.AreEqual(600, metrics.Count);
        Assert.AreEqual(0, metrics.UnsolvedCount);
        Assert.AreEqual(decisions.Zip(costs, (z, c) => z.Zip(c, (x, y) => x * y).Sum()).Average(), metrics.MeanCost, 1e-5);
        Assert.AreEqual(costs.Average(c => c.Min()), metrics.MeanBestCost, 1e-5);
        Assert.AreEqual(Markets.Regret(model.Transform(later)), metrics.MeanRegret, 1e-5);
        Assert.AreEqual(metrics.MeanRegret / costs.Average(c => Math.Abs(c.Min())), metrics.NormalizedRegret, 1e-5);
        Assert.IsGreaterThan(0, metrics.MeanRegret);
    }

    [TestMethod]
    public void A_quadratic_term_is_a_cost_too_and_rows_count_by_their_weights()
    {
        var ml = new MLContext(seed: 1);
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus, epochs: 1);
        options.Q = new double[,] { { 2, 0.5, 0 }, { 0.5, 1, 0 }, { 0, 0, 3 } };
        using LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(options).Fit(Markets.Noisy(ml));
        WeightedRow[] rows = [.. ml.Data.CreateEnumerable<Markets.Row>(Markets.Noisy(ml, rows: 20, seed: 4), reuseRowObject: false).Select((row, i) => new WeightedRow { Features = row.Features, Costs = row.Costs, Weight = i % 3 })];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        DecisionMetrics metrics = ml.Transforms.EvaluateDecisions(model, data, "Costs", "Weight");
        IDataView best = ml.Transforms.QuadraticProgram("Solution", "Costs", q: options.Q, a: Markets.Ones, b: 1, lowerBounds: 0).Fit(data).Transform(data);
        double Mean(IDataView solved) => Scored.Vectors(solved, "Solution").Zip(rows, (z, row) => row.Weight * Cost(z, row.Costs)).Sum() / rows.Sum(row => row.Weight);
        Assert.AreEqual(Mean(model.Transform(data)), metrics.MeanCost, 1e-5);
        Assert.AreEqual(Mean(best), metrics.MeanBestCost, 1e-5);
        Assert.AreEqual(rows.Count(row => row.Weight > 0), metrics.Count);
    }

    [TestMethod]
    public void A_program_is_judged_by_held_out_rows_fold_by_fold()
    {
        var ml = new MLContext(seed: 1);
        DecisionMetrics[] folds = [.. ml.Data.CrossValidationSplit(Markets.Linear(ml), numberOfFolds: 3).Select(fold =>
        {
            using LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(Markets.Options(DecisionLoss.SpoPlus, epochs: 2)).Fit(fold.TrainSet);
            return ml.Transforms.EvaluateDecisions(model, fold.TestSet, "Costs");
        })];
        Assert.AreEqual(120, folds.Sum(metrics => metrics.Count));
        Assert.IsLessThan(0.01, folds.Average(metrics => metrics.MeanRegret), "costs are linear in the features");
    }

    [TestMethod]
    public void Rows_that_have_no_decision_are_counted_and_left_out()
    {
        var ml = new MLContext(seed: 1);
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.CostError, epochs: 1);
        options.B = "Amount";
        options.UpperBounds = 1;
        options.UnsolvedRows = UnsolvedRowHandling.ReturnMissing;
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 30).Select(i => new AmountRow { Features = [i, -i], Costs = [i, 1, 2], Amount = 1 + (i % 4) }).ToArray());
        IDataView solvable = ml.Data.FilterRowsByColumn(data, "Amount", upperBound: 3.5);
        using LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(options).Fit(solvable);
        DecisionMetrics metrics = ml.Transforms.EvaluateDecisions(model, data, "Costs");
        Assert.AreEqual(23, metrics.Count);
        Assert.AreEqual(7, metrics.UnsolvedCount);
        Assert.AreEqual(metrics with { UnsolvedCount = 0 }, ml.Transforms.EvaluateDecisions(model, solvable, "Costs"));
    }

    [TestMethod]
    public void What_has_no_regret_and_columns_that_do_not_fit_are_refused()
    {
        var ml = new MLContext(seed: 1);
        var imitation = new LearnedQuadraticProgramOptions { LabelColumnName = "Costs", Loss = DecisionLoss.Imitation, Q = 1, LearnedEqualities = 1, Training = new TrainingOptions { MaximumEpochs = 1 } };
        IDataView data = Markets.Linear(ml, rows: 20);
        using LearnedQuadraticProgramTransformer constraints = ml.Transforms.LearnedQuadraticProgram(imitation).Fit(data);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.EvaluateDecisions(constraints, data, "Costs")).Message, "learned constraints", StringComparison.Ordinal);
        LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(Markets.Options(DecisionLoss.CostError, epochs: 1)).Fit(data);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.EvaluateDecisions(model, data, "Label")).Message, "'Label'", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.EvaluateDecisions(model, data, "Features")).Message, "3 realised costs", StringComparison.Ordinal);
        model.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => ml.Transforms.EvaluateDecisions(model, data, "Costs"));
    }

    private static double Cost(float[] z, float[] costs) =>
        costs.Zip(z, (c, x) => c * x).Sum() + (0.5 * ((2 * z[0] * z[0]) + (z[0] * z[1]) + (z[1] * z[1]) + (3 * z[2] * z[2])));

    private sealed class WeightedRow
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [VectorType(3)]
        public float[] Costs { get; set; } = [];

        public float Weight { get; set; }
    }

    private sealed class AmountRow
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [VectorType(3)]
        public float[] Costs { get; set; } = [];

        public float Amount { get; set; }
    }
}
