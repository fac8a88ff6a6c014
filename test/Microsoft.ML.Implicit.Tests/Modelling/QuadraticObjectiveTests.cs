using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

/// <summary>Squares in an objective are its quadratic term, not cones.</summary>
[TestClass]
public sealed class QuadraticObjectiveTests
{
    private static readonly double[,] Covariance = { { 2, 0.5, 0 }, { 0.5, 1, 0.2 }, { 0, 0.2, 3 } };

    [TestMethod]
    public void Variances_of_variables_in_small_units_count()
    {
        var x = new Variable("x", 3);
        var variances = new double[,] { { 1, 0, 0 }, { 0, 1e-12, 0 }, { 0, 0, 1e-12 } };
        ConvexProgram program = ConvexProgram.Minimize(QuadraticForm(x, variances) - (1e-12 * Sum(x)), x <= 100);
        using DisposeScope scope = NewDisposeScope();
        double[] found = program.Solve(new Dictionary<Parameter, Tensor>())[x].ReadDoubles();
        Assert.AreEqual(0.5, found[1], 1e-3);
        Assert.AreEqual(0.5, found[2], 1e-3);
        Assert.ThrowsExactly<ArgumentException>(() => QuadraticForm(x, new double[,] { { 1e12, 0, 0 }, { 0, -290, 0 }, { 0, 0, 1 } }));
    }

    [TestMethod]
    public void Squares_in_objectives_need_no_cones_and_keep_their_values()
    {
        double[] point = [0.3, -1.2, 2.5];
        var weight = new Parameter("weight", sign: Sign.Nonnegative);
        var weights = new Parameter("weights", 3, sign: Sign.Nonnegative);
        (Func<Expression, Expression> Function, double Value)[] objectives =
        [
            (x => SumSquares(x) + Sum(x), 7.78 + 1.6),
            (x => SumSquares((2 * x) - 1) / 2, (0.16 + 11.56 + 16) / 2),
            (x => Sum(Square(x + 1)), 1.69 + 0.04 + 12.25),
            (x => Dot(new double[] { 1, 2, 3 }, Square(x)), 0.09 + 2.88 + 18.75),
            (x => 2.0 * QuadraticForm(x, Covariance), 2 * (0.18 + 1.44 + 18.75 + (2 * ((0.5 * 0.3 * -1.2) + (0.2 * -1.2 * 2.5))))),
            (x => Square(Sum(x)) + x[0], 2.56 + 0.3),
            (x => weight * SumSquares(x), 0.7 * 7.78),
            (x => Sum(weights * Square(x)), 0.09 + (0.5 * 1.44) + (2 * 6.25)),
            (x => SumSquares(x - weights), 0.49 + 2.89 + 0.25),
            (x => Sum(Huber(x, 1)), 0.09 + 1.4 + 4),
            (x => -(-(weight * Square(x[0]))) + 1, (0.7 * 0.09) + 1),
        ];
        foreach ((Func<Expression, Expression> function, double value) in objectives)
        {
            using DisposeScope scope = NewDisposeScope();
            var x = new Variable("x", 3);
            Expression objective = function(x);
            foreach (ConvexProgram program in new[] { ConvexProgram.Minimize(objective, x.EqualTo(point)), ConvexProgram.Maximize(-objective, x.EqualTo(point)) })
            {
                Dictionary<Parameter, Tensor> values = new() { [weight] = tensor(0.7), [weights] = tensor(new[] { 1.0, 0.5, 2 }) };
                ProgramSolution solution = program.Solve(values.Where(pair => program.Compiled.Parameters.Any(part => part.Name == pair.Key.Name)).ToDictionary());
                Assert.AreEqual(value, Math.Abs(solution.Objective.item<double>()), 1e-6, objective.ToString());
                Assert.IsFalse(program.Compiled.Cones.Any(cone => cone.Kind == ConeKind.SecondOrder), objective.ToString());
                Assert.IsFalse(program.Compiled.P.IsZero);
            }
        }
    }

    [TestMethod]
    public void Squares_in_constraints_and_of_norms_keep_their_cones()
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 2);
        ProgramSolution ball = ConvexProgram.Minimize(Sum(x), SumSquares(x) <= 2).Solve(new Dictionary<Parameter, Tensor>());
        Assert.AreEqual(-2, ball.Objective.item<double>(), 1e-7);
        ProgramSolution norm = ConvexProgram.Minimize(Square(Norm1(x)) - (2 * x[0])).Solve(new Dictionary<Parameter, Tensor>());
        Assert.AreEqual(-1, norm.Objective.item<double>(), 1e-7);
    }

    [TestMethod]
    public void Gradients_of_weights_and_targets_of_squares_are_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        var weights = new Parameter("weights", 3, sign: Sign.Nonnegative);
        var target = new Parameter("target", 3);
        var x = new Variable("x", 3);
        ConvexProgram program = ConvexProgram.Minimize(Sum(weights * Square(x)) + SumSquares(x - target) + QuadraticForm(x, Covariance), Norm2(x) <= 0.4, Sum(x) >= -0.2);
        Dictionary<Parameter, Tensor> values = new()
        {
            [weights] = tensor(new[,] { { 0.5, 1, 2 }, { 1, 0.1, 0.3 } }).requires_grad_(true),
            [target] = tensor(new[] { 1.0, -1, 0.5 }).requires_grad_(true),
        };
        ImplicitBackward.Run(() => Loss(values).backward());
        foreach ((Parameter parameter, Tensor value) in values)
        {
            using IDisposable noGrad = no_grad();
            using Generator generator = new(7);
            Tensor direction = randn(value.shape, ScalarType.Float64, generator: generator);
            double expected = (At(1e-5) - At(-1e-5)) / 2e-5;
            Assert.AreEqual(expected, (value.grad! * direction).sum().item<double>(), 1e-6 * Math.Max(1, Math.Abs(expected)), parameter.Name);

            double At(double step) => Loss(new Dictionary<Parameter, Tensor>(values) { [parameter] = value + (direction * step) }).item<double>();
        }

        Tensor Loss(Dictionary<Parameter, Tensor> given)
        {
            ProgramSolution solution = program.Solve(given);
            return (solution[x] * tensor(new[] { 1.0, -2, 0.5 })).sum() + solution.Objective.sum();
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1e6)]
    public void Gradients_of_the_point_that_a_quadratic_form_is_about_are_those_of_its_closed_form(double offset)
    {
        using DisposeScope scope = NewDisposeScope();
        (Variable x, Parameter point) = (new Variable("x", 2), new Parameter("point", 2));
        ConvexProgram program = ConvexProgram.Minimize(QuadraticForm(x - point, new double[,] { { 2, 1 }, { 1, 2 } }), x[0] <= offset - 1);
        Tensor values = tensor(new[] { offset + 0.9, offset + 1.3 }).requires_grad_(true);
        ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor> { [point] = values });

        // x₁ = p₁ − (x₀ − p₀) / 2 where x₀ is at its bound.
        Assert.AreEqual(-1, solution[x][0, 0].item<double>() - offset, 1e-7);
        Assert.AreEqual(2.25, solution[x][0, 1].item<double>() - offset, 1e-7);
        ImplicitBackward.Run(() => (solution[x][0, 0] + (3 * solution[x][0, 1])).backward());
        Assert.AreEqual(1.5, values.grad![0].item<double>(), 1e-6);
        Assert.AreEqual(3, values.grad![1].item<double>(), 1e-6);
    }

    [TestMethod]
    [DataRow(3)]
    [DataRow(6)]
    [DataRow(8)]
    public void Gradients_of_points_of_quadratic_forms_are_differences(int length)
    {
        using DisposeScope scope = NewDisposeScope();
        (Variable x, Parameter point) = (new Variable("x", length), new Parameter("point", length));
        double[,] matrix = new double[length, length];
        for (int i = 0; i < length; i++)
        {
            for (int j = 0; j < length; j++)
            {
                matrix[i, j] = Enumerable.Range(0, length).Sum(k => Math.Sin((5 * k) + (2 * i) + (i * k)) * Math.Sin((5 * k) + (2 * j) + (j * k))) + (i == j ? 0.1 : 0);
            }
        }

        ConvexProgram program = ConvexProgram.Minimize(QuadraticForm(x - point, matrix), Sum(x).EqualTo(1));
        Tensor values = tensor(Enumerable.Range(0, length).Select(i => Math.Cos(3 * i)).ToArray()), weights = arange(length, ScalarType.Float64).add(1);
        Tensor given = values.clone().requires_grad_(true);
        ImplicitBackward.Run(() => (Solution(given) * weights).sum().backward());
        for (int i = 0; i < length; i++)
        {
            Tensor step = zeros(length, ScalarType.Float64);
            step[i] = 1e-4;
            double expected = ((Solution(values + step) - Solution(values - step)) * weights).sum().item<double>() / 2e-4;
            Assert.AreEqual(expected, given.grad![i].item<double>(), 1e-6);
        }

        Tensor Solution(Tensor about) => program.Solve(new Dictionary<Parameter, Tensor> { [point] = about })[x][0];
    }

    [TestMethod]
    public void A_weight_that_breaks_its_promised_sign_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        var weight = new Parameter("weight", sign: Sign.Nonnegative);
        var x = new Variable("x");
        ProgramSolution solution = ConvexProgram.Minimize(weight * Square(x), x <= 1, x >= -1).Solve(new Dictionary<Parameter, Tensor> { [weight] = tensor(-1.0) }, throwOnFailure: false);
        Assert.AreEqual(Microsoft.ML.Implicit.Solvers.SolveStatus.InvalidInput, solution.Status[0]);
    }
}
