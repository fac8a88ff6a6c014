using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;

namespace Microsoft.ML.Implicit.Tests.Estimators.QuadraticProgram;

[TestClass]
public class ScoringTests
{
    private static readonly double[,] Ones = { { 1, 1 } };

    [TestMethod]
    public void Each_row_is_projected_on_the_simplex()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        IDataView solved = ml.Transforms.QuadraticProgram("Solution", "Costs", q: 1, a: Ones, b: 1, lowerBounds: 0).Fit(data).Transform(data);
        AssertProjections(solved);
        CollectionAssert.AreEqual(new[] { "Converged", "Converged", "Converged" }, Programs.Status(solved));
        float[] objectives = Scored.Values(solved, "Objective");
        Programs.AssertClose([-2.5, -0.75, -0.04], objectives);
    }

    [TestMethod]
    [DataRow(1e-12f, 1e6)]
    [DataRow(1e12f, 1e-6)]
    [DataRow(1f, 1e9)]
    public void Units_do_not_matter(float cost, double amount)
    {
        var ml = new MLContext(seed: 1);
        Programs.Row[] rows = [new() { Costs = [cost, 2 * cost], Budget = amount }, new() { Costs = [3 * cost, -cost], Budget = 2 * amount }];
        IDataView data = ml.Data.LoadFromEnumerable(rows);

        IDataView solved = ml.Transforms.QuadraticProgram("Solution", "Costs", a: Ones, b: "Budget", lowerBounds: 0).Fit(data).Transform(data);

        CollectionAssert.AreEqual(new[] { "Converged", "Converged" }, Programs.Status(solved));
        float[][] solutions = Programs.Solutions(solved);
        Programs.AssertClose([1, 0], [.. solutions[0].Select(z => (float)(z / amount))]);
        Programs.AssertClose([0, 2], [.. solutions[1].Select(z => (float)(z / amount))]);
    }

    [TestMethod]
    public void Constants_may_come_from_columns_instead()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        AssertProjections(ml.Transforms.QuadraticProgram("Solution", "Costs", q: 1, a: Ones, b: "Budget", lowerBounds: 0).Fit(data).Transform(data));
        AssertProjections(ml.Transforms.QuadraticProgram("Solution", "Costs", q: new double[,] { { 1, 0 }, { 0, 1 } }, a: Ones, b: "Right", lowerBounds: new double[2]).Fit(data).Transform(data));
    }

    [TestMethod]
    public void Every_argument_may_be_a_column()
    {
        var ml = new MLContext(seed: 1);
        FullRow[] rows =
        [
            new() { Q = [1, 0, 0, 1], P = [-3, 0], G = [-1, 0, 0, -1], H = [0, 0], A = [1, 1], B = [1], Lower = [-9, -9], Upper = [9, 9] },
            new() { Q = [2, 0, 0, 2], P = [0, 0], G = [-1, 0, 0, -1], H = [0, 0], A = [1, 1], B = [4], Lower = [-9, -9], Upper = [1, 9] },
        ];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        IDataView solved = ml.Transforms.QuadraticProgram("Solution", "P", "Q", "G", "H", "A", "B", "Lower", "Upper").Fit(data).Transform(data);
        Programs.AssertClose([1, 0], Programs.Solutions(solved)[0]);
        Programs.AssertClose([1, 3], Programs.Solutions(solved)[1]);
    }

    [TestMethod]
    public void Without_Q_a_row_is_a_linear_program()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        IDataView solved = ml.Transforms.QuadraticProgram("Solution", "Costs", g: Ones, h: 1, lowerBounds: 0, upperBounds: 0.75).Fit(data).Transform(data);
        Programs.AssertClose([0.75, 0], [Programs.Solutions(solved)[0][0], 0]);
        Programs.AssertClose([0, 0.75], Programs.Solutions(solved)[2]);
    }

    [TestMethod]
    public void Multipliers_satisfy_the_optimality_conditions()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        var options = new QuadraticProgramOptions
        {
            P = "Costs",
            Q = 1,
            G = Ones,
            H = 0.5,
            A = new double[,] { { 1, -1 } },
            B = 0,
            LowerBounds = 0,
            UpperBounds = 10,
            MultipliersColumnName = "Lambda",
            EqualityMultipliersColumnName = "Nu",
            LowerBoundMultipliersColumnName = "LowerMultipliers",
            UpperBoundMultipliersColumnName = "UpperMultipliers",
        };
        IDataView solved = ml.Transforms.QuadraticProgram(options).Fit(data).Transform(data);
        float[][] z = Programs.Solutions(solved), costs = Scored.Vectors(data, "Costs"), lambda = Scored.Vectors(solved, "Lambda");
        float[][] nu = Scored.Vectors(solved, "Nu"), lower = Scored.Vectors(solved, "LowerMultipliers"), upper = Scored.Vectors(solved, "UpperMultipliers");
        for (int row = 0; row < z.Length; row++)
        {
            for (int i = 0; i < 2; i++)
            {
                double stationarity = z[row][i] + costs[row][i] + lambda[row][0] + ((i == 0 ? 1 : -1) * nu[row][0]) - lower[row][i] + upper[row][i];
                Assert.AreEqual(0, stationarity, 1e-6);
            }

            Assert.AreEqual(0, lambda[row][0] * (0.5 - z[row].Sum()), 1e-6);
        }
    }

    [TestMethod]
    public void A_row_in_a_batch_equals_the_row_alone()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(5);
        Programs.Row[] rows = [.. Enumerable.Range(0, 700).Select(_ => new Programs.Row { Costs = [random.NextSingle() - 0.5f, random.NextSingle() - 0.5f], Right = [1] })];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        ITransformer model = ml.Transforms.QuadraticProgram("Solution", "Costs", q: 1, a: Ones, b: 1, lowerBounds: 0).Fit(data);
        float[][] solutions = Programs.Solutions(model.Transform(data));
        PredictionEngine<Programs.Row, Prediction> engine = ml.Model.CreatePredictionEngine<Programs.Row, Prediction>(model);
        for (int row = 0; row < rows.Length; row += 23)
        {
            CollectionAssert.AreEqual(solutions[row], engine.Predict(rows[row]).Solution);
        }
    }

    [TestMethod]
    public void A_problem_without_columns_has_the_same_solution_in_every_row()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        IDataView solved = ml.Transforms.QuadraticProgram("Solution", new double[] { 1, 2 }, a: Ones, b: 1, lowerBounds: 0).Fit(data).Transform(data);
        foreach (float[] solution in Programs.Solutions(solved))
        {
            Programs.AssertClose([1, 0], solution);
        }
    }

    [TestMethod]
    public void Scoring_keeps_no_tensor()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        IDataView solved = ml.Transforms.QuadraticProgram("Solution", "Costs", q: 1, a: Ones, b: 1, lowerBounds: 0).Fit(data).Transform(data);
        using DisposeScope scope = torch.NewDisposeScope();
        _ = Programs.Solutions(solved);
        Assert.AreEqual(0, scope.DisposablesCount);
    }

    private static void AssertProjections(IDataView solved)
    {
        float[][] solutions = Programs.Solutions(solved);
        Programs.AssertClose([1, 0], solutions[0]);
        Programs.AssertClose([0.5, 0.5], solutions[1]);
        Programs.AssertClose([0.2, 0.8], solutions[2]);
    }

    private sealed class Prediction
    {
        public float[] Solution { get; set; } = [];
    }

    private sealed class FullRow
    {
        [VectorType(4)]
        public double[] Q { get; set; } = [];

        [VectorType(2)]
        public double[] P { get; set; } = [];

        [VectorType(4)]
        public float[] G { get; set; } = [];

        [VectorType(2)]
        public double[] H { get; set; } = [];

        [VectorType(2)]
        public double[] A { get; set; } = [];

        [VectorType(1)]
        public double[] B { get; set; } = [];

        [VectorType(2)]
        public double[] Lower { get; set; } = [];

        [VectorType(2)]
        public double[] Upper { get; set; } = [];
    }
}
