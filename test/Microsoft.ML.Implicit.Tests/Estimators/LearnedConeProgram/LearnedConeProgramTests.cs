using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Training;
using static Microsoft.ML.Implicit.Modelling.Functions;

namespace Microsoft.ML.Implicit.Tests.Estimators.LearnedConeProgram;

/// <summary>A portfolio within a budget of risk, whose returns follow from two features by a law that a linear prediction does not hold.</summary>
[TestClass]
public sealed class LearnedConeProgramTests
{
    [TestMethod]
    public void Training_on_regret_decides_better_than_training_on_the_error_of_the_prediction()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromEnumerable(Market.Rows(300, seed: 1)), later = ml.Data.LoadFromEnumerable(Market.Rows(300, seed: 2));
        double twoStage = Realised(ml.Transforms.LearnedConeProgram(Options(DecisionLoss.CostError)).Fit(train), later);
        double endToEnd = Realised(ml.Transforms.LearnedConeProgram(Options(DecisionLoss.Regret)).Fit(train), later);
        double best = Realised(null, later);
        Assert.IsLessThan(best, twoStage);
        Assert.IsLessThan(0.8 * (best - twoStage), best - endToEnd, $"best {best}, two-stage {twoStage}, end to end {endToEnd}");
    }

    [TestMethod]
    public void An_imitated_decision_teaches_a_parameter_of_a_constraint()
    {
        var ml = new MLContext(seed: 1);
        Market[] rows = [.. Market.Rows(120, seed: 3)];
        foreach (Market row in rows)
        {
            // The farthest point of a ball along (3, 4), of a radius that is read off the first feature.
            row.Point = [0.6f * (2 + row.Features[0]), 0.8f * (2 + row.Features[0])];
        }

        var radius = new Parameter("Radius", sign: Sign.Nonnegative);
        var point = new Variable("Point", 2);
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        LearnedConeProgramTransformer model = ml.Transforms.LearnedConeProgram(new LearnedConeProgramOptions
        {
            Program = ConvexProgram.Maximize(Dot(new double[] { 3, 4 }, point), Norm2(point) <= radius),
            LearnedParameters = ["Radius"],
            Loss = DecisionLoss.Imitation,
            ImitatedVariable = "Point",
            Training = new TrainingOptions { MaximumEpochs = 150, LearningRate = 0.05, ValidationFraction = 0 },
        }).Fit(data);
        float[] radii = Scored.Values(model.Transform(data), "PredictedRadius");
        double error = rows.Select((row, i) => Math.Abs(radii[i] - (2 + row.Features[0]))).Average();
        Assert.IsLessThan(0.1, error);
        Assert.IsTrue(radii.All(value => value > 0));
    }

    [TestMethod]
    public void Regret_of_what_is_carried_out_orders_for_demand_that_is_not_met_on_average()
    {
        // A unit costs 1 and sells at 4, so that the best order is met by demand once in four times (Arrow, Harris and Marschak, 1951).
        var demand = new Parameter("Demand", sign: Sign.Nonnegative);
        var order = new Variable("Order", sign: Sign.Nonnegative);
        var sales = new Variable("Sales", sign: Sign.Nonnegative);
        ConvexProgram program = ConvexProgram.Maximize((4 * sales) - order, sales <= order, sales <= demand);
        var random = new Random(5);
        Day[] days = [.. Enumerable.Range(0, 300).Select(_ => random.NextSingle()).Select(x => new Day { Features = [x], Demand = 5 + (2 * x) + (4 * random.NextSingle()) })];
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(days);
        LearnedConeProgramOptions options = new()
        {
            Program = program,
            LearnedParameters = ["Demand"],
            Training = new TrainingOptions { MaximumEpochs = 60, LearningRate = 0.05, ValidationFraction = 0 },
        };
        Assert.Contains("'Demand'", Assert.Throws<ArgumentException>(() => ml.Transforms.LearnedConeProgram(options)).Message);
        options.DecidedVariable = "Order";
        float[] orders = Scored.Values(ml.Transforms.LearnedConeProgram(options).Fit(data).Transform(data), "Order");
        double met = days.Zip(orders).Average(pair => pair.First.Demand <= pair.Second ? 1.0 : 0);
        Assert.AreEqual(0.75, met, 0.06);
    }

    [TestMethod]
    public void A_plan_that_cannot_be_carried_out_is_named()
    {
        var need = new Parameter("Need");
        var store = new Variable("Store", sign: Sign.Nonnegative);
        var spare = new Variable("Spare", sign: Sign.Nonnegative);
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(i => new Day { Features = [i % 2], Need = i % 5 }));
        LearnedConeProgramOptions options = new()
        {
            Program = ConvexProgram.Minimize(store + (2 * spare), store - spare >= need),
            LearnedParameters = ["Need"],
            DecidedVariable = "Store",
            Training = new TrainingOptions { MaximumEpochs = 2, ValidationFraction = 0 },
        };
        Assert.Contains("'Store'", Assert.ThrowsExactly<SolveFailedException>(() => ml.Transforms.LearnedConeProgram(options).Fit(data)).Message);
    }

    [TestMethod]
    [DataRow(DecisionLoss.Regret)]
    [DataRow(DecisionLoss.Imitation)]
    public void A_row_without_a_solution_is_named_by_its_place_in_the_data(DecisionLoss loss)
    {
        // Beyond what is solved at once, behind a row that is left out.
        const int impossible = 290;
        var ml = new MLContext(seed: 1);
        Market[] rows = [.. Market.Rows(300, seed: 4)];
        rows[0].Importance = 0;
        rows[impossible].Budget = 0.1f;
        LearnedConeProgramOptions options = Options(loss);
        options.ExampleWeightColumnName = nameof(Market.Importance);
        options.ImitatedVariable = loss == DecisionLoss.Imitation ? "Weights" : null;
        SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() => ml.Transforms.LearnedConeProgram(options).Fit(ml.Data.LoadFromEnumerable(rows)));
        Assert.StartsWith($"Row {impossible}: ", failure.Message);
        Assert.AreEqual((impossible, SolveStatus.Infeasible), (failure.Row, failure.Status));
    }

    [TestMethod]
    public void Rows_without_a_solution_are_left_out_of_training_where_they_are_to_be_missing()
    {
        var ml = new MLContext(seed: 1);
        Market[] rows = [.. Market.Rows(300, seed: 4)];
        IDataView possible = ml.Data.LoadFromEnumerable(rows[..290]), all = ml.Data.LoadFromEnumerable(rows[..290].Concat(rows[290..].Select(row => new Market { Features = row.Features, Returns = row.Returns, Budget = 0.1f })));
        LearnedConeProgramOptions options = Options(DecisionLoss.Regret);
        (options.UnsolvedRows, options.Training.MaximumEpochs, options.Training.BatchSize) = (UnsolvedRowHandling.ReturnMissing, 2, 50);
        List<string> messages = [];
        ml.Log += (_, message) => messages.Add(message.Message);
        using LearnedConeProgramTransformer model = ml.Transforms.LearnedConeProgram(options).Fit(all);
        Assert.Contains("10 of 300 rows have no solution at their realised values and are left out. The first is row 290: No point satisfies all constraints; these contradict each other", string.Concat(messages));
        string[] status = [.. model.Transform(all).GetColumn<string>("Status")];
        Assert.AreEqual(10, status.Count(ending => ending == "Infeasible"));
        Assert.IsGreaterThan(0, Realised(model, possible));
    }

    [TestMethod]
    public void The_model_keeps_its_program_and_its_network_and_reads_no_labels()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Market.Rows(40, seed: 4));
        LearnedConeProgramOptions options = Options(DecisionLoss.Regret);
        options.Training = new TrainingOptions { MaximumEpochs = 2 };
        LearnedConeProgramTransformer fitted = ml.Transforms.LearnedConeProgram(options).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(fitted, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = ml.Model.Load(file, out _);
        IDataView unlabelled = ml.Transforms.DropColumns("Returns").Fit(data).Transform(data);
        foreach (string column in new[] { "Weights", "PredictedReturns" })
        {
            float[][] expected = Scored.Vectors(fitted.Transform(data), column), actual = Scored.Vectors(loaded.Transform(unlabelled), column);
            for (int row = 0; row < expected.Length; row++)
            {
                CollectionAssert.AreEqual(expected[row], actual[row]);
            }
        }

        Assert.IsNotNull(((LearnedConeProgramTransformer)loaded).Model.Training);
    }

    [TestMethod]
    public void Settings_that_do_not_fit_are_named()
    {
        var ml = new MLContext(seed: 1);
        Refuse("'Return'", options => options.LearnedParameters = ["Return"]);
        Refuse(nameof(LearnedConeProgramOptions.LearnedParameters), options => options.LearnedParameters = []);
        Refuse("'Returns' more than once", options => options.LearnedParameters = ["Returns", "Returns"]);
        Refuse("'Budget'", options => options.LearnedParameters = ["Budget"]);
        Refuse(nameof(LearnedConeProgramOptions.ImitatedVariable), options => options.Loss = DecisionLoss.Imitation);
        Refuse("SpoPlus", options => options.Loss = DecisionLoss.SpoPlus, "Imitation, Regret or CostError");
        IDataView data = ml.Data.LoadFromEnumerable(Market.Rows(5, seed: 1));
        Refuse(nameof(LearnedConeProgramOptions.DecidedVariable), options => options.DecidedVariable = "Weight");
        LearnedConeProgramOptions absent = Options(DecisionLoss.Regret);
        absent.ColumnNames = new Dictionary<string, string> { ["Returns"] = "Point" };
        Assert.Contains("'Point'", Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.LearnedConeProgram(absent).Fit(data)).Message);

        void Refuse(string named, Action<LearnedConeProgramOptions> change, string? message = null)
        {
            LearnedConeProgramOptions options = Options(DecisionLoss.Regret);
            change(options);
            Assert.Contains(message ?? named, Assert.Throws<ArgumentException>(() => ml.Transforms.LearnedConeProgram(options)).Message);
        }
    }

    private static LearnedConeProgramOptions Options(DecisionLoss loss)
    {
        var returns = new Parameter("Returns", 3);
        var budget = new Parameter("Budget", sign: Sign.Nonnegative);
        var weights = new Variable("Weights", 3, sign: Sign.Nonnegative);
        return new LearnedConeProgramOptions
        {
            Program = ConvexProgram.Maximize(Dot(returns, weights), Sum(weights).EqualTo(1), Norm2(weights) <= budget),
            LearnedParameters = ["Returns"],
            Loss = loss,
            Training = new TrainingOptions { MaximumEpochs = 40, LearningRate = 0.02, ValidationFraction = 0 },
        };
    }

    private static double Realised(LearnedConeProgramTransformer? model, IDataView data)
    {
        LearnedConeProgramOptions options = Options(DecisionLoss.Regret);
        IDataView scored = model is null ? new MLContext(1).Transforms.ConeProgram(options.Program!).Fit(data).Transform(data) : model.Transform(data);
        float[][] weights = Scored.Vectors(scored, "Weights"), returns = Scored.Vectors(data, "Returns");
        return weights.Zip(returns).Average(pair => pair.First.Zip(pair.Second).Sum(entry => (double)entry.First * entry.Second));
    }

    private sealed class Day
    {
        [VectorType(1)]
        public float[] Features { get; set; } = [];

        public float Demand { get; set; }

        public float Need { get; set; }
    }

    private sealed class Market
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [VectorType(3)]
        public float[] Returns { get; set; } = [];

        [VectorType(2)]
        public float[] Point { get; set; } = [0, 0];

        [VectorType(3)]
        public float[] Weights { get; set; } = [1, 0, 0];

        public float Budget { get; set; } = 0.8f;

        public float Importance { get; set; } = 1;

        // The first good's return grows steeply where it is far from best anyway, which is all that a linear fit looks at.
        public static IEnumerable<Market> Rows(int count, int seed)
        {
            var random = new Random(seed);
            for (int i = 0; i < count; i++)
            {
                float x = (float)((2 * random.NextDouble()) - 1), y = (float)((2 * random.NextDouble()) - 1), noise = (float)(0.1 * (random.NextDouble() - 0.5));
                float first = x > 0.5f ? 8 * (x - 0.5f) : x - 0.5f;
                yield return new Market { Features = [x, y], Returns = [first + noise, 0.1f * y, -0.2f] };
            }
        }
    }
}
