using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators.LearnedQuadraticProgram;

namespace Microsoft.ML.Implicit.Tests.Onnx;

/// <summary>Quadratic and linear programs solved within ONNX files, beside the library itself.</summary>
[TestClass]
public sealed class QuadraticProgramOnnxTests
{
    private static readonly double[,] Ones = { { 1, 1, 1, 1 } };

    [TestMethod]
    public void Portfolios_of_a_thousand_rows_are_the_same_in_one_batch_and_in_ragged_ones()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 1000).Select(_ => new Market { Costs = [.. Enumerable.Range(0, 4).Select(_ => (float)(random.NextDouble() - 0.5))] }).ToArray());
        double[,] risk = { { 0.4, 0.1, 0, 0.05 }, { 0.1, 0.3, 0.02, 0 }, { 0, 0.02, 0.2, 0.1 }, { 0.05, 0, 0.1, 0.5 } };
        ITransformer model = ml.Transforms.QuadraticProgram("Solution", "Costs", q: risk, a: Ones, b: 1, lowerBounds: 0, upperBounds: 0.6).Fit(data);
        AssertAlike(ml, model, data, 1000, "Solution", "Objective");
        AssertAlike(ml, model, data, 77, "Solution");
    }

    [TestMethod]
    [DataRow(1e-9, 1e6)]
    [DataRow(1e9, 1e-6)]
    [DataRow(1, 1e9)]
    public void A_linear_program_with_every_part_of_its_solution_does_not_depend_on_units(double cost, double amount)
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(2);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 50).Select(_ => new Market
        {
            Costs = [.. Enumerable.Range(0, 4).Select(_ => (float)((random.NextDouble() + 0.1) * cost))],
            Limit = [(1.5 + random.NextDouble()) * amount, (1.5 + random.NextDouble()) * amount],
        }).ToArray());
        var options = new QuadraticProgramOptions
        {
            P = "Costs",
            G = new double[,] { { -1, -1, -0.5, 0 }, { -1, 0, 0, -2 } },
            H = new double[] { -0.2 * amount, -0.3 * amount },
            A = new double[,] { { 1, 1, 1, 1 }, { 0, 1, 2, 1 } },
            B = "Limit",
            LowerBounds = 0,
            UpperBounds = new double[] { amount, double.PositiveInfinity, amount, amount },
            MultipliersColumnName = "Multipliers",
            EqualityMultipliersColumnName = "Prices",
            LowerBoundMultipliersColumnName = "Lower",
            UpperBoundMultipliersColumnName = "Upper",
            UnsolvedRows = UnsolvedRowHandling.ReturnMissing,
        };
        ITransformer model = ml.Transforms.QuadraticProgram(options).Fit(data);
        AssertSameStatus(ml, model, data);
        AssertAlike(ml, model, data, 50, "Solution", "Objective", "Multipliers", "Prices", "Lower", "Upper");
    }

    [TestMethod]
    public void Rows_without_a_solution_have_the_status_that_the_library_gives_and_leave_the_others_alone()
    {
        var ml = new MLContext(seed: 1);
        double infinity = double.PositiveInfinity;
        Program[] rows =
        [
            new() { P = [1, -1], G = [1, 1], H = [1], Lower = [0, 0], Upper = [1, 1] },
            new() { P = [1, 1], G = [1, 1], H = [-1], Lower = [0, 0], Upper = [1, 1] },
            new() { P = [-1, 0], G = [0, 1], H = [1], Lower = [0, 0], Upper = [infinity, infinity] },
            new() { P = [float.NaN, 1], G = [1, 1], H = [1], Lower = [0, 0], Upper = [1, 1] },
            new() { Q = [-1, 0, 0, 1], P = [1, 1], G = [1, 1], H = [1], Lower = [0, 0], Upper = [1, 1] },
            new() { Q = [2, 1, 1, 2], P = [1, -3], G = [1, 1], H = [infinity], Lower = [-infinity, -infinity], Upper = [infinity, infinity] },
            new() { P = [1, 1], G = [1, 1], H = [1], Lower = [2, 0], Upper = [1, 1] },
        ];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        ITransformer model = ml.Transforms.QuadraticProgram(new QuadraticProgramOptions
        {
            Q = "Q",
            P = "P",
            G = "G",
            H = "H",
            LowerBounds = "Lower",
            UpperBounds = "Upper",
            UnsolvedRows = UnsolvedRowHandling.ReturnMissing,
        }).Fit(data);
        AssertSameStatus(ml, model, data);
        AssertAlike(ml, model, data, rows.Length, "Solution", "Objective");
    }

    [TestMethod]
    public void A_matrix_that_rounding_to_Single_made_indefinite_still_counts_as_convex()
    {
        var ml = new MLContext(seed: 1);
        const float third = 1f / 3;
        IDataView data = ml.Data.LoadFromEnumerable([new Rounded { Q = [third * third, third, third, 0.99999994f] }, new Rounded { Q = [-0.01f, 0, 0, 1] }]);
        ITransformer model = ml.Transforms.QuadraticProgram(new QuadraticProgramOptions
        {
            Q = "Q",
            P = "P",
            LowerBounds = 0,
            UpperBounds = 1,
            UnsolvedRows = UnsolvedRowHandling.ReturnMissing,
        }).Fit(data);
        AssertSameStatus(ml, model, data);
        AssertAlike(ml, model, data, 2, "Solution");
    }

    [TestMethod]
    public void A_program_without_inequalities_is_solved_in_one_step()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Market { Costs = [1, 2, 3, 4] }, new Market { Costs = [-1, 0, 0, 1] }]);
        ITransformer model = ml.Transforms.QuadraticProgram("Solution", "Costs", q: 1, a: Ones, b: 1).Fit(data);
        AssertAlike(ml, model, data, 2, "Solution", "Objective");
    }

    [TestMethod]
    public void A_learned_program_predicts_its_costs_and_decides_alike()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Markets.Bent(ml, rows: 60);
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus, epochs: 2);
        options.HiddenWidth = 8;
        options.UnsolvedRows = UnsolvedRowHandling.ReturnMissing;
        ITransformer model = ml.Transforms.LearnedQuadraticProgram(options).Fit(data);
        AssertAlike(ml, model, data, 60, "PredictedCost", "Solution", "Objective");
        AssertSameStatus(ml, model, data);
    }

    [TestMethod]
    public void Constraints_that_were_learned_are_written()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Markets.Linear(ml, rows: 40);
        ITransformer model = ml.Transforms.LearnedQuadraticProgram(new LearnedQuadraticProgramOptions
        {
            LabelColumnName = "Costs",
            Loss = DecisionLoss.Imitation,
            Q = 1,
            LowerBounds = -2,
            UpperBounds = 2,
            LearnedInequalities = 2,
            LearnedEqualities = 1,
            Training = { MaximumEpochs = 2, Seed = 1 },
        }).Fit(data);
        AssertAlike(ml, model, data, 40, "PredictedCost", "Solution", "Objective");
    }

    private static void AssertAlike(MLContext ml, ITransformer model, IDataView data, int batchSize, params string[] columns)
    {
        IDataView expected = model.Transform(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        foreach (string column in columns)
        {
            float[][] actual = file.Score(data, column, batchSize);
            if (expected.Schema[column].Type is VectorDataViewType)
            {
                AssertClose(Scored.Vectors(expected, column), actual);
            }
            else
            {
                AssertClose([.. Scored.Values(expected, column).Select(value => new[] { value })], actual);
            }
        }
    }

    // Within 1e-5 of the largest number of the column, whatever its unit.
    private static void AssertClose(float[][] expected, float[][] actual)
    {
        float unit = expected.SelectMany(row => row).Where(float.IsFinite).Select(MathF.Abs).DefaultIfEmpty(1).Max();
        unit = unit > 0 ? unit : 1;
        OnnxAssert.AreClose(
            Array.ConvertAll(expected, row => Array.ConvertAll(row, value => value / unit)),
            Array.ConvertAll(actual, row => Array.ConvertAll(row, value => value / unit)));
    }

    private static void AssertSameStatus(MLContext ml, ITransformer model, IDataView data)
    {
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        Assert.AreEqual(string.Join(' ', model.Transform(data).GetColumn<string>("Status")), string.Join(' ', file.ScoreText(data, "Status")));
    }

    private sealed class Market
    {
        [VectorType(4)]
        public float[] Costs { get; set; } = [];

        [VectorType(2)]
        public double[] Limit { get; set; } = [0, 0];
    }

    private sealed class Rounded
    {
        [VectorType(4)]
        public float[] Q { get; set; } = [];

        [VectorType(2)]
        public float[] P { get; set; } = [1, -2];
    }

    private sealed class Program
    {
        [VectorType(4)]
        public double[] Q { get; set; } = [0, 0, 0, 0];

        [VectorType(2)]
        public float[] P { get; set; } = [];

        [VectorType(2)]
        public double[] G { get; set; } = [];

        [VectorType(1)]
        public double[] H { get; set; } = [];

        [VectorType(2)]
        public double[] Lower { get; set; } = [];

        [VectorType(2)]
        public double[] Upper { get; set; } = [];
    }
}
