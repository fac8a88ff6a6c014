using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Modelling;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

/// <summary>Programs whose gradients users of other libraries report to be wrong, against closed forms or differences.</summary>
[TestClass]
public sealed class ReportedGradientTests
{
    [TestMethod]
    [DataRow(1e-2)]
    [DataRow(1)]
    [DataRow(1e2)]
    public void A_logarithmic_penalty_has_the_slope_of_its_closed_form(double weight)
    {
        using DisposeScope scope = NewDisposeScope();
        var lambda = new Parameter("lambda", sign: Sign.Nonnegative);
        var x = new Variable("x");
        Tensor value = tensor(weight, ScalarType.Float64).requires_grad_(true);
        Tensor found = ConvexProgram.Maximize(x + (lambda * Log(1 - x)) + (lambda * Log(1 + x))).Solve(new Dictionary<Parameter, Tensor> { [lambda] = value })[x];
        ImplicitBackward.Run(() => found.sum().backward());
        double root = Math.Sqrt((weight * weight) + 1);
        Assert.AreEqual(1 / (weight + root), found.item<double>(), 1e-8);
        Assert.AreEqual((weight / root) - 1, value.grad!.item<double>(), 1e-7);
    }

    [TestMethod]
    public void A_softmax_by_entropy_has_its_jacobian()
    {
        using DisposeScope scope = NewDisposeScope();
        var values = new Parameter("values", 3);
        var x = new Variable("x", 3);
        ConvexProgram program = ConvexProgram.Maximize(Dot(values, x) + (0.5 * Sum(Entropy(x))), Sum(x).EqualTo(1));
        Tensor scores = tensor(new[] { 0.2, 1.1, -0.7 }).requires_grad_(true);
        Tensor found = program.Solve(new Dictionary<Parameter, Tensor> { [values] = scores })[x];
        Tensor probabilities = (scores.detach() / 0.5).softmax(0);
        Assert.IsLessThanOrEqualTo(1e-8, (found[0] - probabilities).abs().max().item<double>());
        ImplicitBackward.Run(() => found[0, 1].backward());
        Tensor expected = probabilities[1] * (tensor(new[] { 0.0, 1, 0 }) - probabilities) / 0.5;
        Assert.IsLessThanOrEqualTo(1e-7, (scores.grad! - expected).abs().max().item<double>());
    }

    [TestMethod]
    public void Descent_on_costs_of_a_regularised_choice_reaches_the_wanted_one()
    {
        using DisposeScope scope = NewDisposeScope();
        var costs = new Parameter("costs", 4);
        var x = new Variable("x", 4, sign: Sign.Nonnegative);
        ConvexProgram program = ConvexProgram.Maximize(Dot(costs, x) + (0.5 * Sum(Entropy(x))), x[0] + x[1] <= 1, x[2] + x[3] <= 1, x <= 1);
        Tensor score = tensor(new[] { 0.1, 0.9, 0.4, 0.5 }).requires_grad_(true), wanted = tensor(new[] { 1.0, 0, 1, 0 });
        double first = 0, last = 0;
        for (int i = 0; i < 40; i++)
        {
            using DisposeScope step = NewDisposeScope();
            Tensor loss = (program.Solve(new Dictionary<Parameter, Tensor> { [costs] = score })[x] - wanted).pow(2).sum();
            ImplicitBackward.Run(() => loss.backward());
            using IDisposable noGrad = no_grad();
            score.sub_(score.grad! * 0.5);
            score.grad!.zero_();
            (first, last) = (i == 0 ? loss.item<double>() : first, loss.item<double>());
        }

        Assert.IsGreaterThan(1, first);
        Assert.IsLessThan(0.2, last);
    }

    [TestMethod]
    public void A_quadratic_cost_within_a_box_and_a_ball_of_magnitudes_has_differences_for_gradients()
    {
        using DisposeScope scope = NewDisposeScope();
        using Generator generator = new(1);
        double[,] root = new double[12, 12];
        double[] numbers = [.. randn(144, dtype: ScalarType.Float64, generator: generator).data<double>()];
        Buffer.BlockCopy(numbers, 0, root, 0, 144 * sizeof(double));
        var cost = new Parameter("cost", 12);
        var v = new Variable("v", 12);
        ConvexProgram program = ConvexProgram.Minimize((0.5 * SumSquares(Product(root, v))) + (0.5 * SumSquares(v)) - Dot(cost, v), v <= 1, -v <= 1, Norm1(v) <= 1);
        Tensor p = randn(12, dtype: ScalarType.Float64, generator: generator).requires_grad_(true), y = randn(12, dtype: ScalarType.Float64, generator: generator);
        ImplicitBackward.Run(() => Loss(p).backward());
        using IDisposable noGrad = no_grad();
        Tensor direction = randn(12, dtype: ScalarType.Float64, generator: generator);
        double expected = (Loss(p + (1e-5 * direction)) - Loss(p - (1e-5 * direction))).item<double>() / 2e-5;
        Assert.AreEqual(expected, (p.grad! * direction).sum().item<double>(), 1e-6 * Math.Max(1, Math.Abs(expected)));

        Tensor Loss(Tensor value) => (program.Solve(new Dictionary<Parameter, Tensor> { [cost] = value })[v] * y).sum();
    }

    [TestMethod]
    public void The_loss_on_other_rows_has_its_slope_in_the_penalty_of_a_logistic_fit()
    {
        using DisposeScope scope = NewDisposeScope();
        using Generator generator = new(2);
        Tensor rows = randn(20, 3, dtype: ScalarType.Float64, generator: generator), others = randn(10, 3, dtype: ScalarType.Float64, generator: generator);
        double[,] margins = new double[20, 3];
        Buffer.BlockCopy(rows.data<double>().ToArray(), 0, margins, 0, 60 * sizeof(double));
        var penalty = new Parameter("penalty", sign: Sign.Nonnegative);
        var beta = new Variable("beta", 3);
        ConvexProgram program = ConvexProgram.Minimize((Sum(Logistic(-Product(margins, beta))) / 20) + (penalty * Norm1(beta)));
        Tensor value = tensor(0.02, ScalarType.Float64).requires_grad_(true);
        ImplicitBackward.Run(() => Loss(value).backward());
        using IDisposable noGrad = no_grad();
        double expected = (Loss(value + 1e-6) - Loss(value - 1e-6)).item<double>() / 2e-6;
        Assert.AreEqual(expected, value.grad!.item<double>(), 1e-5 * Math.Max(1, Math.Abs(expected)));

        Tensor Loss(Tensor weight) => nn.functional.softplus(-others.matmul(program.Solve(new Dictionary<Parameter, Tensor> { [penalty] = weight })[beta][0])).mean();
    }

    [TestMethod]
    public void Multipliers_of_a_matrix_inequality_are_slopes_of_the_least_objective()
    {
        using DisposeScope scope = NewDisposeScope();
        var shift = new Parameter("shift", 2, 2);
        var t = new Variable("t");

        // Least t with tI + S positive semidefinite: minus the least eigenvalue, of slope −vvᵀ.
        ConvexProgram program = ConvexProgram.Minimize(t, ((t * new double[,] { { 1, 0 }, { 0, 1 } }) + shift).IsPositiveSemidefinite().Named("matrix"));
        ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor> { [shift] = tensor(new[,] { { 1.0, 2 }, { 2, 1 } }) });
        Assert.AreEqual(1, solution.Objective.item<double>(), 1e-8);
        Tensor expected = tensor(new[,] { { 0.5, -0.5 }, { -0.5, 0.5 } });
        Assert.IsLessThanOrEqualTo(1e-7, (solution.Multipliers("matrix")[0] - expected).abs().max().item<double>());
    }
}
