using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Optimization;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Optimization;

[TestClass]
public sealed class ConstrainedArgMinTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    /// <summary>Where unknowns are far smaller than they have been, steps are short beside that and constraints are not yet met.</summary>
    [TestMethod]
    public void What_converges_meets_its_constraints_wherever_it_came_from()
    {
        var layer = new ConstrainedArgMin((y, _) => y.sum(1), inequalities: (y, _) => 1 - y.log().sum(1, keepdim: true), throwOnFailure: false);
        Tensor starts = tensor(new[] { 388.7, 1.938, 2.713, 261.5, 1, 1, 3, 5 }, [4, 2]);
        ConstrainedResult result = layer.Solve(starts, []);
        for (int row = 0; row < 4; row++)
        {
            if (result.Minimum.Statuses[row] == SolveStatus.Converged)
            {
                Assert.AreEqual(2 * Math.Exp(0.5), result.Solution[row].sum().item<double>(), 1e-8, $"row {row}");
            }
        }

        Assert.AreEqual(SolveStatus.Converged, result.Minimum.Statuses[2]);
        Assert.AreEqual(SolveStatus.Converged, result.Minimum.Statuses[3]);
    }

    /// <summary>Multipliers are huge there, and must not decide on later steps and on what has converged.</summary>
    [TestMethod]
    public void Searches_find_their_way_from_near_where_gradients_of_constraints_vanish()
    {
        using var generator = new Generator(2);
        Tensor targets = randn(24, 3, ScalarType.Float64, generator: generator), starts = randn(24, 3, ScalarType.Float64, generator: generator);
        starts = starts * tensor([.. Enumerable.Range(0, 24).Select(i => Math.Pow(10, -4 - (i / 2)))], [24, 1]);
        var sphere = new ConstrainedArgMin((y, x) => (y - x[0]).square().sum(1), equalities: (y, _) => y.square().sum(1, keepdim: true) - 1, throwOnFailure: false);
        ConstrainedResult nearest = sphere.Solve(starts, [targets]);
        Assert.IsTrue(nearest.Minimum.Statuses.All(status => status == SolveStatus.Converged));
        Assert.IsTrue(nearest.Solution.allclose(targets / targets.norm(1, keepdim: true), 0, 1e-8));

        var product = new ConstrainedArgMin((y, _) => y.square().sum(1), equalities: (y, _) => (y.select(1, 0) * y.select(1, 1)).unsqueeze(1) - 1, throwOnFailure: false);
        ConstrainedResult least = product.Solve(tensor(new[,] { { 1.0, -1 }, { -1, 1 }, { 2, -2 }, { -15.14, 12.66 } }), []);
        Assert.IsTrue(least.Solution.square().sum(1).allclose(full(4, 2.0, ScalarType.Float64), 0, 1e-4));
    }

    [TestMethod]
    public void The_nearest_point_of_a_ball_has_the_derivative_of_the_closed_form()
    {
        var layer = new ConstrainedArgMin((y, inputs) => (y - inputs[0]).square().sum(1), inequalities: (y, inputs) => y.square().sum(1, keepdim: true) - inputs[1].square());
        Tensor x = tensor(new[] { 0.1, 0.2, -0.3, 2.0, -1, 0.5 }, [2, 3]).requires_grad_(), radius = full(2, 1, 1.5, ScalarType.Float64).requires_grad_();
        ConstrainedResult result = layer.Solve(zeros_like(x).detach(), [x, radius]);
        Tensor again = x.detach().requires_grad_(), size = radius.detach().requires_grad_();
        Tensor expected = again * (size / again.norm(1, keepdim: true)).clamp_max(1);
        Assert.IsTrue(result.Solution.allclose(expected, 0, 1e-9));
        Tensor weights = tensor(new[] { 0.3, -1, 2 });
        ImplicitBackward.Run(() => (result.Solution * weights).sum().backward());
        (expected * weights).sum().backward();
        Assert.IsTrue(x.grad!.allclose(again.grad!, 0, 1e-8));
        Assert.IsTrue(radius.grad!.allclose(size.grad!, 0, 1e-8));
        Assert.AreEqual(0, result.InequalityMultipliers[0, 0].item<double>());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_constraint_may_be_given_twice(bool areEqual)
    {
        Func<Tensor, IReadOnlyList<Tensor>, Tensor> twice = (y, _) => cat([y.sum(1, true) - 1, (2 * y.sum(1, true)) - 2], 1);
        var layer = new ConstrainedArgMin((y, inputs) => (y - inputs[0]).square().sum(1), areEqual ? twice : null, areEqual ? null : twice);
        ConstrainedResult result = layer.Solve(zeros(1, 2, ScalarType.Float64), [tensor(new[,] { { 3.0, 4 } })]);
        Assert.IsTrue(result.Solution.allclose(tensor(new[,] { { 0.0, 1 } }), 0, 1e-9));
    }

    [TestMethod]
    [DataRow(1.0, 1.0)]
    [DataRow(0.1, 10.0)]
    [DataRow(0.001, 1000.0)]
    [DataRow(1e-6, 1e6)]
    public void Costs_of_very_different_sizes_lead_to_the_corner_of_a_box(double first, double second)
    {
        var layer = new ConstrainedArgMin((y, inputs) => (y * inputs[0]).sum(1), inequalities: (y, _) => cat([y - 1, -1 - y], 1));
        ConstrainedResult result = layer.Solve(full(1, 2, 0.5, ScalarType.Float64), [tensor(new[,] { { first, second } })]);
        Assert.IsTrue(result.Solution.allclose(tensor(new[,] { { -1.0, -1 } }), 0, 1e-9));
        Assert.IsLessThan(30, result.Minimum.Iterations);
    }

    [TestMethod]
    [DataRow(100.0, 0.01)]
    [DataRow(1e4, 1e-4)]
    [DataRow(1e6, 0.01)]
    [DataRow(1e9, 1e-3)]
    public void Unknowns_may_be_cents_beside_millions(double large, double small)
    {
        // Relative deviations under a limit on the sum, which the large unknown alone has to give way to.
        var layer = new ConstrainedArgMin((y, inputs) => ((y - inputs[0]) / inputs[0]).square().sum(1), inequalities: (y, inputs) => y.sum(1, true) - (inputs[0].narrow(1, 0, 1) / 2));
        Tensor x = tensor(new[,] { { large, small } });
        ConstrainedResult result = layer.Solve(x.clone(), [x]);
        double share = small / large, multiplier = (0.5 + share) / (1 + (share * share));
        Assert.AreEqual(1 - multiplier, result.Solution[0, 0].item<double>() / large, 1e-8);
        Assert.AreEqual(1 - (multiplier * share), result.Solution[0, 1].item<double>() / small, 1e-6);
    }

    [TestMethod]
    public void A_maximum_and_a_saddle_are_no_minima()
    {
        Tensor start = ones(1, 2, ScalarType.Float64);
        var ball = new ConstrainedArgMin((y, _) => y.sum(1), equalities: (y, _) => y.square().sum(1, true) - 1, throwOnFailure: false);
        Assert.AreEqual(SolveStatus.NonConvex, ball.Solve(start, []).Minimum.Statuses[0]);
        var line = new ConstrainedArgMin((y, _) => y.select(1, 0) * y.select(1, 1), equalities: (y, _) => y.sum(1, true) - 2, throwOnFailure: false);
        Assert.AreEqual(SolveStatus.NonConvex, line.Solve(zeros_like(start), []).Minimum.Statuses[0]);
        Assert.AreEqual(SolveStatus.Converged, ball.Solve(start * tensor(new[,] { { -1, -0.5 } }), []).Minimum.Statuses[0]);
    }

    [TestMethod]
    [DataRow(1e-9)]
    [DataRow(1.0)]
    [DataRow(1e9)]
    public void The_nearest_point_of_a_ball_is_found_in_any_unit(double unit)
    {
        var layer = new ConstrainedArgMin((y, inputs) => (y - inputs[0]).square().sum(1), inequalities: (y, _) => y.square().sum(1, true) - (unit * unit));
        Tensor x = tensor(new[,] { { 3 * unit, 4 * unit } }).requires_grad_();
        ConstrainedResult result = layer.Solve(zeros(1, 2, ScalarType.Float64), [x]);
        Assert.IsTrue((result.Solution / unit).allclose(tensor(new[,] { { 0.6, 0.8 } }), 0, 1e-8));
        Assert.AreEqual(4, result.InequalityMultipliers.item<double>(), 1e-6);

        // (I - uuᵀ) r / ‖x‖ for u = x / ‖x‖ and the radius r.
        ImplicitBackward.Run(() => result.Solution.sum().backward());
        Assert.IsTrue(x.grad!.allclose(tensor(new[,] { { 0.032, -0.024 } }), 0, 1e-8));
    }

    [TestMethod]
    public void The_nearest_point_of_a_sphere_has_first_and_second_derivatives()
    {
        var layer = new ConstrainedArgMin((y, inputs) => (y - inputs[0]).square().sum(1), equalities: (y, _) => y.square().sum(1, keepdim: true) - 1);
        Tensor x = tensor(new[] { 0.3, 0.2, -0.4, 2.0, -1, 0.5 }, [2, 3]).requires_grad_(), again = x.detach().requires_grad_();
        Tensor weights = tensor(new[] { 0.3, -1, 2 });
        Tensor solution = layer.Solve(x.detach().sign(), [x]).Solution, expected = again / again.norm(1, keepdim: true);
        Assert.IsTrue(solution.allclose(expected, 0, 1e-9));
        Tensor first = x, second = x;
        ImplicitBackward.Run(() => first = autograd.grad([(solution * weights).sum()], [x], create_graph: true, retain_graph: true)[0]);
        Tensor firstExpected = autograd.grad([(expected * weights).sum()], [again], create_graph: true, retain_graph: true)[0];
        Assert.IsTrue(first.allclose(firstExpected, 0, 1e-8));
        ImplicitBackward.Run(() => second = autograd.grad([first.square().sum()], [x])[0]);
        Assert.IsTrue(second.allclose(autograd.grad([firstExpected.square().sum()], [again])[0], 0, 1e-7));
    }

    [TestMethod]
    public void The_nearest_point_of_the_simplex_has_the_derivative_of_the_closed_form()
    {
        var layer = new ConstrainedArgMin((y, inputs) => (y - inputs[0]).square().sum(1), (y, _) => y.sum(1, keepdim: true) - 1, (y, _) => -y);
        Tensor x = tensor(new[] { 0.9, 0.3, -0.5 }, [1, 3]).requires_grad_();
        Tensor y = layer.Solve(full([1, 3], 1.0 / 3, ScalarType.Float64), [x]).Solution;
        Assert.IsTrue(y.allclose(tensor(new[] { 0.8, 0.2, 0 }, [1, 3]), 0, 1e-9));
        ImplicitBackward.Run(() => y[0, 0].backward());
        Assert.IsTrue(x.grad!.allclose(tensor(new[] { 0.5, -0.5, 0 }, [1, 3]), 0, 1e-8));
    }

    [TestMethod]
    public void Textbook_problems_are_solved_from_infeasible_starts()
    {
        // Hock and Schittkowski (1981), problems 7, 39, 40, 43 and 71 with their published values.
        AssertSolved(7, y => (1 + y[.., 0].square()).log() - y[.., 1], y => ((1 + y[.., ..1].square()).square() + y[.., 1..].square()) - 4, null, [2, 2], -Math.Sqrt(3));
        AssertSolved(39, y => -y[.., 0], y => stack([y[.., 1] - y[.., 0].pow(3) - y[.., 2].square(), y[.., 0].square() - y[.., 1] - y[.., 3].square()], 1), null, [2, 2, 2, 2], -1);
        AssertSolved(
            40,
            y => -y.prod(1),
            y => stack([y[.., 0].pow(3) + y[.., 1].square() - 1, (y[.., 0].square() * y[.., 3]) - y[.., 2], y[.., 3].square() - y[.., 1]], 1),
            null,
            [0.8, 0.8, 0.8, 0.8],
            -0.25);
        AssertSolved(
            43,
            y => y[.., 0].square() + y[.., 1].square() + (2 * y[.., 2].square()) + y[.., 3].square() - (5 * y[.., 0]) - (5 * y[.., 1]) - (21 * y[.., 2]) + (7 * y[.., 3]),
            null,
            y => stack(
                [
                    y.square().sum(1) + y[.., 0] - y[.., 1] + y[.., 2] - y[.., 3] - 8,
                    y[.., 0].square() + (2 * y[.., 1].square()) + y[.., 2].square() + (2 * y[.., 3].square()) - y[.., 0] - y[.., 3] - 10,
                    (2 * y[.., 0].square()) + y[.., 1].square() + y[.., 2].square() + (2 * y[.., 0]) - y[.., 1] - y[.., 3] - 5,
                ],
                1),
            [0, 0, 0, 0],
            -44);
        AssertSolved(
            71,
            y => (y[.., 0] * y[.., 3] * (y[.., 0] + y[.., 1] + y[.., 2])) + y[.., 2],
            y => y.square().sum(1, keepdim: true) - 40,
            y => cat([25 - y.prod(1, keepdim: true), 1 - y, y - 5], 1),
            [1, 5, 5, 1],
            17.0140172892);
    }

    [TestMethod]
    [DataRow(1e-3)]
    [DataRow(1.0)]
    [DataRow(1e3)]
    public void Searches_set_out_where_gradients_of_constraints_vanish(double radius)
    {
        // The sphere's centre, where the objective is stationary or not, and one row that sets out from elsewhere.
        Tensor targets = tensor(new[,] { { 3.0, 4, 0 }, { 0, 0, -2 }, { 3, 4, 0 } }) * radius, start = tensor(new[,] { { 0.0, 0, 0 }, { 0, 0, 0 }, { 1, 0, 0 } }) * radius;
        var sphere = new RowObjective((y, _) => y.square().sum(1, keepdim: true) - (radius * radius));
        ConstrainedResult nearest = new SequentialQuadraticMinimizer().Minimize(new ConstrainedProblem(new RowObjective((y, inputs) => (y - inputs[0]).square().sum(1)), sphere), [targets], start);
        Assert.IsTrue(nearest.Minimum.Statuses.All(status => status == SolveStatus.Converged), string.Join(" ", nearest.Minimum.Statuses));
        Assert.IsTrue(nearest.Solution.allclose(targets / targets.norm(1, true) * radius, 1e-9, 1e-9 * radius));

        // Least 2 x² + y² + 3 z² is at (0, ±1, 0) of the radius.
        var quadratic = new RowObjective((y, _) => (y.square() * tensor(new[] { 2.0, 1, 3 })).sum(1));
        ConstrainedResult least = new SequentialQuadraticMinimizer().Minimize(new ConstrainedProblem(quadratic, sphere), [], start);
        Assert.IsTrue(least.Minimum.Statuses.Take(2).All(status => status == SolveStatus.Converged), string.Join(" ", least.Minimum.Statuses));
        Assert.IsTrue(least.Solution[..2].abs().allclose(tensor(new[] { 0, radius, 0 }), 1e-9, 1e-7 * radius));
    }

    [TestMethod]
    public void Searches_pass_points_where_linearised_constraints_contradict_each_other()
    {
        // y² = 1 and y ≤ 2, whose linearisation at 0.1 leads to 5.05; from zero; two circles that meet, from where their gradients are parallel.
        AssertFound(y => y.square() - 1, y => y - 2, [0.1], [1]);
        AssertFound(y => y.square() - 1, y => cat([y - 2, -y], 1), [0], [1]);
        AssertFound(
            y => cat([y.square().sum(1, true) - 1, (y - tensor(new[] { 1.0, 0 })).square().sum(1, true) - 1], 1), y => y[.., 1..2], [0.5, 0], [0.5, -Math.Sqrt(0.75)]);

        static void AssertFound(Func<Tensor, Tensor> equalities, Func<Tensor, Tensor> inequalities, double[] start, double[] expected)
        {
            var problem = new ConstrainedProblem(new RowObjective((y, _) => (y - 0.9).square().sum(1)), new RowObjective((y, _) => equalities(y)), new RowObjective((y, _) => inequalities(y)));
            ConstrainedResult result = new SequentialQuadraticMinimizer().Minimize(problem, [], tensor(start, [1, start.Length]));
            Assert.AreEqual(SolveStatus.Converged, result.Minimum.Statuses[0]);
            Assert.IsTrue(result.Solution.allclose(tensor(expected, [1, expected.Length]), 0, 1e-9), string.Join(" ", result.Solution.data<double>()));
        }
    }

    [TestMethod]
    public void Rows_whose_constraints_contradict_each_other_end_by_themselves()
    {
        Tensor limit = tensor(new[] { 1.0, -1 }).unsqueeze(1);
        var problem = new ConstrainedProblem(
            new RowObjective((y, _) => y.sum(1)), Inequalities: new RowObjective((y, inputs) => cat([y - inputs[0], -y], 1)));
        ConstrainedResult result = new SequentialQuadraticMinimizer().Minimize(problem, [limit], full([2, 1], 0.5, ScalarType.Float64));
        CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.Infeasible }, result.Minimum.Statuses.ToArray());
        Assert.AreEqual(0, result.Solution[0, 0].item<double>(), 1e-9);
        Assert.AreEqual(1, result.InequalityMultipliers[0, 1].item<double>(), 1e-9);
    }

    private static void AssertSolved(int number, Func<Tensor, Tensor> objective, Func<Tensor, Tensor>? equalities, Func<Tensor, Tensor>? inequalities, double[] start, double expected)
    {
        var problem = new ConstrainedProblem(
            new RowObjective((y, _) => objective(y)),
            equalities is null ? null : new RowObjective((y, _) => equalities(y)),
            inequalities is null ? null : new RowObjective((y, _) => inequalities(y)));
        ConstrainedResult result = new SequentialQuadraticMinimizer().Minimize(problem, [], tensor(start).unsqueeze(0));
        Assert.AreEqual(SolveStatus.Converged, result.Minimum.Statuses[0], $"problem {number}: {result.Minimum.Iterations} iterations");
        Assert.AreEqual(expected, result.Minimum.Values[0], 1e-8 * Math.Abs(expected), $"problem {number}");
    }
}
