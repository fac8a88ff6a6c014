using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Conic;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation;

/// <summary>The code of docs/cone-programs.md.</summary>
[TestClass]
public sealed class ConeProgramExamples
{
    [TestMethod]
    public void Each_row_has_parameters()
    {
        var ml = new MLContext(seed: 1);
        double[] recipe = [0.5, 0.3, 0.2];
        IDataView goods = ml.Data.LoadFromEnumerable(
        [
            new Goods { Prices = [3, 1, 2], Forecast = [1, 5, 4] },
            new Goods { Prices = [1, 5, 4], Forecast = [1, 5, 4] },
        ]);

        {
            // The mix of three goods that is best for its price, no farther than 0.3 from a recipe.
            var prices = new Parameter("Prices", 3);
            var mix = new Variable("Mix", 3, sign: Sign.Nonnegative);
            ConvexProgram program = ConvexProgram.Minimize(Functions.Dot(prices, mix), Functions.Sum(mix).EqualTo(1), Functions.Norm2(mix - recipe) <= 0.3);
            IDataView mixes = ml.Transforms.ConeProgram(program).Fit(goods).Transform(goods);

            float[][] found = [.. mixes.GetColumn<float[]>("Mix")];
            Assert.IsGreaterThan(0.45f, found[0][1]);
        }

        {
            var prices = new Parameter("Prices", 3);
            var mix = new Variable("Mix", 3, sign: Sign.Nonnegative);
            ConvexProgram program = ConvexProgram.Minimize(
                Functions.Dot(prices, mix) - 0.1 * Functions.Sum(Functions.Entropy(mix)),
                Functions.Sum(mix).EqualTo(1).Named("Rate"));

            var options = new ConeProgramOptions
            {
                Program = program,
                ColumnNames = new Dictionary<string, string> { ["Prices"] = "Forecast" },
                UnsolvedRows = UnsolvedRowHandling.ReturnMissing,
            };
            IDataView mixes = ml.Transforms.ConeProgram(options).Fit(goods).Transform(goods);

            Assert.AreSequenceEqual(["Converged", "Converged"], [.. mixes.GetColumn<string>("Status")]);
        }
    }

    [TestMethod]
    public void Parameters_are_learned_by_what_is_decided_with_them()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView history = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(_ => new Day { Features = [random.NextSingle(), random.NextSingle()], Risk = 0.7f }).Select(day =>
        {
            day.Returns = [day.Features[0], day.Features[1], 0.5f];
            return day;
        }));

        // The mix of most return within each day's budget of risk.
        var returns = new Parameter("Returns", 3);
        var risk = new Parameter("Risk", sign: Sign.Nonnegative);
        var weights = new Variable("Weights", 3, sign: Sign.Nonnegative);
        ConvexProgram program = ConvexProgram.Maximize(Functions.Dot(returns, weights), Functions.Sum(weights).EqualTo(1), Functions.Norm2(weights) <= risk);

        var options = new LearnedConeProgramOptions
        {
            Program = program,
            LearnedParameters = ["Returns"],
            Loss = DecisionLoss.Regret,
        };
        LearnedConeProgramTransformer model = ml.Transforms.LearnedConeProgram(options).Fit(history);

        Assert.HasCount(3, model.Transform(history).GetColumn<float[]>("PredictedReturns").First());
    }

    [TestMethod]
    public void Contradictions_are_named()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] wages = [20, 25];
        var demand = new Parameter("Demand");

        var hours = new Variable("Hours", 2, sign: Sign.Nonnegative);
        ConvexProgram program = ConvexProgram.Minimize(
            Functions.Dot(wages, hours),
            (Functions.Sum(hours) >= demand).Named("demand"),
            (hours <= 8).Named("day"),
            Functions.Norm2(hours) <= 100);
        ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor> { [demand] = tensor(20.0) }, throwOnFailure: false);
        foreach (ConflictingConstraint conflict in solution.Conflicts(0))
        {
            Console.WriteLine($"{conflict.Constraint}: {conflict.Share:P0} of the contradiction");
        }

        Assert.AreSequenceEqual(["day", "demand"], [.. solution.Conflicts(0).Select(conflict => conflict.Constraint).Order()]);
    }

    [TestMethod]
    public void A_solve_sets_out_from_a_neighbouring_solution()
    {
        using DisposeScope scope = NewDisposeScope();
        var price = new Parameter("Price");
        var amount = new Variable("Amount", sign: Sign.Nonnegative);
        ConvexProgram program = ConvexProgram.Minimize((price * amount) - Functions.Log(amount));
        Tensor today = tensor(2.0), tomorrow = tensor(2.1);

        ProgramSolution first = program.Solve(new Dictionary<Parameter, Tensor> { [price] = today });
        ProgramSolution next = program.Solve(new Dictionary<Parameter, Tensor> { [price] = tomorrow }, warmStart: first);

        Assert.AreEqual(1 / 2.1, next[amount].item<double>(), 1e-6);
    }

    [TestMethod]
    public void Solutions_are_differentiable_functions_of_parameters()
    {
        using DisposeScope scope = NewDisposeScope();
        double[,] covariance = { { 2, 0.5, 0 }, { 0.5, 1, 0 }, { 0, 0, 3 } };
        Tensor expected = tensor(new double[] { 0.3, 0.2, 0.4 }, requires_grad: true);

        var returns = new Parameter("Returns", 3);
        var weights = new Variable("Weights", 3, sign: Sign.Nonnegative);
        ConvexProgram program = ConvexProgram.Maximize(
            Functions.Dot(returns, weights) - Functions.QuadraticForm(weights, covariance),
            Functions.Sum(weights).EqualTo(1));
        ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor> { [returns] = expected });
        Tensor best = solution[weights];

        ImplicitBackward.Run(() => best.pow(2).sum().backward());

        Assert.IsTrue(expected.grad!.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void Programs_can_be_given_as_matrices()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor c = tensor(new double[,] { { 3, 0, 4 }, { 0.1, 0.2, 0 } }, requires_grad: true);
        Tensor a = cat([zeros(1, 3, ScalarType.Float64), -eye(3, dtype: ScalarType.Float64)]), b = tensor(new double[] { 1, 0, 0, 0 });

        var layer = new ConeProgram();

        // The nearest point to c in the unit ball: minimise ½ ‖x‖² − cᵀx subject to (1, x) in the second-order cone.
        var problem = new ConeProblem(eye(3, dtype: ScalarType.Float64), c.neg(), a, b, [Cone.SecondOrder(4)]);
        ConeOutputs outputs = layer.forward(problem);
        ImplicitBackward.Run(() => outputs.X.pow(2).sum().backward());

        Assert.AreEqual(0.6, outputs.X[0, 0].item<double>(), 1e-8);
        Assert.AreEqual(0, c.grad![0].abs().max().item<double>(), 1e-6);

        ConeSolution solution = new ConeSolver().Solve(problem);

        Assert.IsTrue(solution.AllConverged);
    }

    [TestMethod]
    public void A_first_order_method_solves_programs_as_well()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor c = tensor(new double[,] { { 3, 0, 4 }, { 0.1, 0.2, 0 } });
        Tensor a = cat([zeros(1, 3, ScalarType.Float64), -eye(3, dtype: ScalarType.Float64)]), b = tensor(new double[] { 1, 0, 0, 0 });
        var problem = new ConeProblem(eye(3, dtype: ScalarType.Float64), c.neg(), a, b, [Cone.SecondOrder(4)]);

        var solver = new ConeSolver(new ConeOptions { Method = ConeMethod.OperatorSplitting, Tolerance = 1e-6 });
        ConeSolution solution = solver.Solve(problem);

        Assert.IsTrue(solution.AllConverged);
        Assert.AreEqual(0.6, solution.X[0, 0].item<double>(), 1e-5);
    }

    [TestMethod]
    public void Matrices_can_be_given_by_their_entries()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor c = tensor(new double[] { 2, 0, 3 });

        // Least ½ ‖x‖² − cᵀx with x₀ ≤ x₁ and x₁ ≤ x₂.
        var diagonal = new SparseEntries(3, [0, 1, 2, 3], [0, 1, 2]);
        var steps = new SparseEntries(3, [0, 2, 4], [0, 1, 1, 2]);
        Tensor values = tensor(new[] { 1.0, -1.0, 1.0, -1.0 });
        var problem = new ConeProblem(ones(3, ScalarType.Float64), c.neg(), values, zeros(2, ScalarType.Float64), [Cone.Nonnegative(2)], diagonal, steps);
        Tensor ascending = new ConeSolver().Solve(problem).X;

        Assert.AreEqual(1, ascending[0, 0].item<double>(), 1e-8);
        Assert.AreEqual(1, ascending[0, 1].item<double>(), 1e-8);
    }

    private sealed class Day
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [VectorType(3)]
        public float[] Returns { get; set; } = [];

        public float Risk { get; set; }
    }

    private sealed class Goods
    {
        [VectorType(3)]
        public float[] Prices { get; set; } = [];

        [VectorType(3)]
        public float[] Forecast { get; set; } = [];
    }
}
