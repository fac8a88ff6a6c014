using MathNet.Numerics.LinearAlgebra;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Implicit.Tests.Estimators.Linear;

[TestClass]
public sealed class PenalizedLinearTests
{
    [TestMethod]
    public void A_regression_is_that_of_the_normal_equations()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Concrete(ml);
        double[] penalties = [1e-3, 1e-2, 0.1, 1, 10, 1e-3, 1e-3, 1e-3];
        LinearRegressionModelParameters model = ml.Regression.Trainers.PenalizedLinear(new PenalizedLinearOptions { Penalties = penalties }).Fit(data).Model;

        Vector<double>[] rows = [.. data.GetColumn<float[]>("Features").Select(row => Vector<double>.Build.Dense(Array.ConvertAll(row, value => (double)value)))];
        Vector<double> labels = Vector<double>.Build.Dense([.. data.GetColumn<float>("Label").Select(label => (double)label)]);
        Matrix<double> x = Matrix<double>.Build.DenseOfRowVectors(rows);
        Vector<double> means = x.ColumnSums() / rows.Length;
        x -= Matrix<double>.Build.DenseOfRowVectors(Enumerable.Repeat(means, rows.Length));
        Vector<double> variances = Vector<double>.Build.Dense(8, i => x.Column(i).DotProduct(x.Column(i)) / rows.Length);
        double mean = labels.Sum() / rows.Length;
        Vector<double> weights = ((x.TransposeThisAndMultiply(x) / rows.Length) + Matrix<double>.Build.DenseOfDiagonalArray([.. penalties.Select((penalty, i) => penalty * variances[i])]))
            .Solve(x.TransposeThisAndMultiply(labels - mean) / rows.Length);
        for (int i = 0; i < 8; i++)
        {
            Assert.AreEqual(weights[i], model.Weights[i], 1e-6 * Math.Abs(weights[i]), $"weight {i}");
        }

        Assert.AreEqual(mean - weights.DotProduct(means), model.Bias, 1e-4);
    }

    [TestMethod]
    public void At_the_minimum_of_a_logistic_regression_residuals_balance_penalties()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.BreastCancer(ml);
        ITransformer model = ml.BinaryClassification.Trainers.PenalizedLinear(new PenalizedLinearOptions { Penalty = 0.05 }).Fit(data);
        LinearBinaryModelParameters linear = ((BinaryPredictionTransformer<CalibratedModelParametersBase<LinearBinaryModelParameters, PlattCalibrator>>)model).Model.SubModel;
        IDataView scored = model.Transform(data);
        double[] residuals = [.. scored.GetColumn<float>("Probability").Zip(data.GetColumn<bool>("Label"), (probability, label) => probability - (label ? 1.0 : 0))];
        float[][] rows = [.. data.GetColumn<float[]>("Features")];
        Assert.AreEqual(0, residuals.Average(), 1e-6);
        for (int j = 0; j < 30; j++)
        {
            double mean = rows.Average(row => (double)row[j]), deviation = Math.Sqrt(rows.Average(row => Math.Pow(row[j] - mean, 2)));
            double slope = residuals.Zip(rows, (residual, row) => residual * (row[j] - mean) / deviation).Average();
            Assert.AreEqual(0, slope + (0.05 * linear.Weights[j] * deviation), 1e-6, $"feature {j}");
        }

        Assert.IsGreaterThan(0.98, ml.BinaryClassification.Evaluate(scored).AreaUnderRocCurve);
    }

    [TestMethod]
    public void Classes_are_told_apart_saved_and_loaded_under_their_names()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        ITransformer model = ml.MulticlassClassification.Trainers.PenalizedLinear().Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(data);
        Assert.IsGreaterThan(0.95, ml.MulticlassClassification.Evaluate(model.Transform(data), predictedLabelColumnName: "PredictedLabel").MicroAccuracy, "accuracy");
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = ml.Model.Load(file, out _);
        CollectionAssert.AreEqual(Names(model), Names(loaded));
        Assert.HasCount(3, Names(loaded).Distinct().ToArray());

        string[] Names(ITransformer transformer) => [.. transformer.Transform(data).GetColumn<ReadOnlyMemory<char>>("PredictedLabel").Select(name => name.ToString())];
    }

    [TestMethod]
    public void Weights_of_rows_are_rows_that_stand_there_so_often_and_units_do_not_matter()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = [.. Enumerable.Range(0, 30).Select(i => new Row { Features = [i % 7, (i * i) % 11], Label = (i % 5) + (i % 7), Weight = 1 + (i % 3) })];
        Row[] repeated = [.. rows.SelectMany(row => Enumerable.Repeat(row, (int)row.Weight))];
        Row[] scaled = [.. repeated.Select(row => new Row { Features = [row.Features[0] * 1000, (row.Features[1] / 1000) + 5], Label = row.Label })];
        float[] weighted = Scores(rows, "Weight"), plain = Scores(repeated, null), other = Scores(scaled, null);

        // Units of features are those of all rows, weights or not.
        Assert.AreEqual(plain[0], weighted[0], 0.05);
        for (int i = 0; i < plain.Length; i++)
        {
            Assert.AreEqual(plain[i], other[i], 1e-3);
        }

        float[] Scores(Row[] training, string? weight)
        {
            IDataView data = ml.Data.LoadFromEnumerable(training);
            return [.. ml.Regression.Trainers.PenalizedLinear(exampleWeightColumnName: weight).Fit(data).Transform(data).GetColumn<float>("Score")];
        }
    }

    [TestMethod]
    public void What_cannot_be_trained_on_is_refused_by_name()
    {
        var ml = new MLContext(seed: 1);
        IDataView iris = RealData.Iris(ml);
        Assert.Contains("Penalty", Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.PenalizedLinear(new PenalizedLinearOptions { Penalty = 0 })).Message);
        Assert.Contains("4 slots", Assert.ThrowsExactly<ArgumentException>(
            () => ml.MulticlassClassification.Trainers.PenalizedLinear(new PenalizedLinearOptions { Penalties = [1, 2] }).Fit(iris)).Message);
        Assert.Contains("Label", Assert.Throws<ArgumentException>(() => ml.BinaryClassification.Trainers.PenalizedLinear().Fit(iris)).Message);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => ml.MulticlassClassification.Trainers.PenalizedLinear(new PenalizedLinearOptions { CancellationToken = source.Token }).Fit(iris));
    }

    private sealed class Row
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public float Weight { get; set; } = 1;
    }
}
