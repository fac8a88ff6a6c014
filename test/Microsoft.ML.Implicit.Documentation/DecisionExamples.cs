using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Solvers;

namespace Documentation;

/// <summary>The code of docs/decisions.md.</summary>
[TestClass]
public sealed class DecisionExamples
{
    [TestMethod]
    public void Each_row_is_a_program()
    {
        var ml = new MLContext(seed: 1);
        IDataView goods = ml.Data.LoadFromEnumerable(
        [
            new Goods { Prices = [3, 1, 2], Needed = 1 },
            new Goods { Prices = [1, 5, 4], Needed = 2 },
        ]);

        // The cheapest mix of three goods, no good more than half of it.
        var pipeline = ml.Transforms.QuadraticProgram("Mix", p: "Prices", a: new double[,] { { 1, 1, 1 } }, b: 1, lowerBounds: 0, upperBounds: 0.5);
        IDataView solved = pipeline.Fit(goods).Transform(goods);
        foreach (Solved row in ml.Data.CreateEnumerable<Solved>(solved, reuseRowObject: false))
        {
            Console.WriteLine($"{string.Join(' ', row.Mix)} costs {row.Objective}, {row.Status}");
        }

        float[][] mixes = [.. solved.GetColumn<float[]>("Mix")];
        Assert.AreEqual(0.5f, mixes[0][1], 1e-4f);
        Assert.AreEqual(0.5f, mixes[1][0], 1e-4f);

        var options = new QuadraticProgramOptions
        {
            P = "Prices",
            A = new double[,] { { 1, 1, 1 } },
            B = "Needed",
            LowerBounds = 0,
            UpperBounds = 0.5,
            EqualityMultipliersColumnName = "Price",
            UnsolvedRows = UnsolvedRowHandling.ReturnMissing,
        };
        IDataView checkedRows = ml.Transforms.QuadraticProgram(options).Fit(goods).Transform(goods);

        Assert.AreSequenceEqual(["Converged", "Infeasible"], [.. checkedRows.GetColumn<string>("Status")]);
        options.UnsolvedRows = UnsolvedRowHandling.Throw;
        IDataView throwing = ml.Transforms.QuadraticProgram(options).Fit(goods).Transform(goods);
        SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() => throwing.GetColumn<string>("Status").ToArray());
        Assert.AreEqual(SolveStatus.Infeasible, failure.Status);
    }

    [TestMethod]
    public void The_short_forms_take_columns_arrays_and_numbers()
    {
        var ml = new MLContext(seed: 1);
        double[,] flow = { { 1, 1, 0 }, { 0, 1, 1 } };
        double[] supply = [1, 1];
        var allocate = ml.Transforms.QuadraticProgram("Allocation", p: "Costs", q: 1.0, a: new double[,] { { 1, 1, 1 } }, b: 1.0, lowerBounds: 0.0);
        var decide = ml.Transforms.LearnedQuadraticProgram("Decision", labelColumnName: "Costs", a: flow, b: supply, lowerBounds: 0.0, upperBounds: 1.0);

        IDataView costs = ml.Data.LoadFromEnumerable([new Choice { Costs = [-1, -2, 0] }]);
        float[] shares = allocate.Fit(costs).Transform(costs).GetColumn<float[]>("Allocation").Single();
        Assert.AreEqual(1, shares.Sum(), 1e-4f);
        Assert.AreEqual(1, shares[1], 1e-4f);
        ColumnAssert.Needs("Costs", decide);
    }

    [TestMethod]
    public void Costs_are_predicted_for_the_decisions_made_with_them()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView Draw(int days) => ml.Data.LoadFromEnumerable(Enumerable.Range(0, days).Select(_ =>
        {
            float weather = random.NextSingle(), traffic = random.NextSingle();
            return new Choice { Features = [weather, traffic], Costs = [1 + weather, 2 - weather, 1 + traffic] };
        }).ToArray());
        IDataView history = Draw(120), later = Draw(60);

        var options = new LearnedQuadraticProgramOptions
        {
            LabelColumnName = "Costs",
            OutputColumnName = "Decision",
            A = new double[,] { { 1, 1, 1 } },
            B = 1,
            LowerBounds = 0,
            UpperBounds = 1,
            Loss = DecisionLoss.SpoPlus,
        };

        options.Training.MaximumEpochs = 5;

        LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(options).Fit(history);
        IDataView decided = model.Transform(later);

        DecisionMetrics metrics = ml.Transforms.EvaluateDecisions(model, later, labelColumnName: "Costs");
        Console.WriteLine($"mean regret {metrics.MeanRegret:F4}, {metrics.NormalizedRegret:P2} of the best cost");

        Assert.IsLessThan(0.05, metrics.MeanRegret);
        Assert.AreEqual(1, decided.GetColumn<float[]>("Decision").First().Sum(), 1e-4);
    }

    public class Solved
    {
        public float[] Mix { get; set; } = [];
        public float Objective { get; set; }
        public string Status { get; set; } = "";
    }

    private sealed class Goods
    {
        [VectorType(3)]
        public float[] Prices { get; set; } = [];

        public float Needed { get; set; }
    }

    private sealed class Choice
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [VectorType(3)]
        public float[] Costs { get; set; } = [];
    }
}
