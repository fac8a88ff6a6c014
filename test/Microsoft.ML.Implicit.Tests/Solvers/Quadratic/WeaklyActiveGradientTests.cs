using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>Gradients of the operator splitting method where constraints are active with multipliers of zero.</summary>
[TestClass]
public class WeaklyActiveGradientTests
{
    private static readonly double Infinity = double.PositiveInfinity;
    private readonly OperatorSplittingSolver _solver = new();

    [TestMethod]
    [DataRow(1e-6, 1.0)]
    [DataRow(1.0, 1.0)]
    [DataRow(1e6, 1.0)]
    [DataRow(1.0, 1e-3)]
    [DataRow(1.0, 1e3)]
    public void A_weakly_active_constraint_gives_the_mean_of_the_one_sided_derivatives_in_any_units(double row, double variables)
    {
        using DisposeScope scope = NewDisposeScope();
        double q = 1 / (variables * variables);
        QuadraticProblem problem = QuadraticProblem.FromArrays(
            new QuadraticSize(1, 2, 1, 1), [q, 0, 0, q], [0, 0], [row, -2 * row], [-0.5 * row * variables], [1, 1], [variables]);

        double[] slopes = [Slope(0), Slope(1)];

        // From 1/2 to 2/3 and from 1/2 to 1/3.
        Assert.AreEqual(7.0 / 12, slopes[0], 1e-7);
        Assert.AreEqual(5.0 / 12, slopes[1], 1e-7);

        double Slope(int variable)
        {
            Tensor loss = zeros(1, 2, ScalarType.Float64);
            loss[0, variable] = 1;
            return _solver.Solve(problem).Backward(loss).B!.item<double>();
        }
    }

    [TestMethod]
    public void Bounds_that_are_weakly_active_halve_the_slope_and_leave_other_variables_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (int n in new[] { 1, 2, 7, 40 })
        {
            double[] q = new double[n * n], p = new double[n], lower = new double[n];
            for (int i = 0; i < n; i++)
            {
                q[(i * n) + i] = 1;
                p[i] = i % 3 == 1 ? -1 : 0;
            }

            QuadraticSolution solution = _solver.Solve(QuadraticProblem.FromArrays(new QuadraticSize(1, n), q, p, lower: lower));

            double[] slopes = [.. solution.Backward(ones_like(solution.Z)).P!.data<double>()];
            for (int i = 0; i < n; i++)
            {
                Assert.AreEqual(i % 3 == 1 ? -1 : -0.5, slopes[i], 1e-7, $"variable {i} of {n}");
            }
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(5)]
    public void Stating_one_weakly_active_constraint_again_changes_nothing(int times)
    {
        using DisposeScope scope = NewDisposeScope();
        double[] g = [.. Enumerable.Range(0, times).SelectMany(i => new[] { -(i + 1.0), 0 })];

        QuadraticSolution solution = _solver.Solve(QuadraticProblem.FromArrays(new QuadraticSize(1, 2, times), [1, 0, 0, 1], [0, -1], g, new double[times]));

        double[] slopes = [.. solution.Backward(ones_like(solution.Z)).P!.data<double>()];
        Assert.AreEqual(-0.5, slopes[0], 1e-6);
        Assert.AreEqual(-1, slopes[1], 1e-7);
    }

    [TestMethod]
    public void Empty_rows_of_padding_and_redundant_active_rows_do_not_disturb_the_derivatives_that_exist()
    {
        using DisposeScope scope = NewDisposeScope();

        // z1 >= 1 is active and stated twice, the rows between say 0 <= 0.
        QuadraticSolution solution = _solver.Solve(QuadraticProblem.FromArrays(
            new QuadraticSize(1, 2, 4), [1, 0, 0, 1], [0, -2], [-1, 0, 0, 0, -1, 0, 0, 0], [-1, 0, -1, 0]));

        QuadraticGradients gradients = solution.Backward(tensor(new double[,] { { 3, 5 } }));
        Assert.AreEqual(0, gradients.P![0, 0].item<double>(), 1e-7);
        Assert.AreEqual(-5, gradients.P![0, 1].item<double>(), 1e-7);
        double[] h = [.. gradients.H!.data<double>()];
        Assert.AreEqual(-3, h[0] + h[2], 1e-6);
        Assert.AreEqual(0, h[1], 1e-6);
        Assert.AreEqual(0, h[3], 1e-6);
        Assert.IsTrue(gradients.G!.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void A_fixed_variable_does_not_move()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (double pull in new[] { 0.0, 1, -1 })
        {
            QuadraticSolution solution = _solver.Solve(QuadraticProblem.FromArrays(
                new QuadraticSize(1, 2), [1, 0, 0, 1], [pull - 1, -0.5], lower: [1, 0], upper: [1, 5]));

            QuadraticGradients gradients = solution.Backward(ones_like(solution.Z));
            Assert.AreEqual(0, gradients.P![0, 0].item<double>(), 1e-7, $"pull {pull}");
            Assert.AreEqual(-1, gradients.P![0, 1].item<double>(), 1e-7, $"pull {pull}");
            Assert.AreEqual(1, gradients.Lower![0, 0].item<double>() + gradients.Upper![0, 0].item<double>(), 1e-6, $"pull {pull}");
        }
    }

    [TestMethod]
    public void A_degenerate_vertex_of_a_linear_program_does_not_move_with_the_costs()
    {
        using DisposeScope scope = NewDisposeScope();

        // At (1, 0) three constraints of two variables are active.
        QuadraticSolution solution = _solver.Solve(QuadraticProblem.FromArrays(new QuadraticSize(1, 2, 2), null, [-1, 0], [1, 0, 1, 1], [1, 1], lower: [0, 0]));

        QuadraticGradients gradients = solution.Backward(tensor(new double[,] { { 1, 2 } }));
        Assert.IsLessThanOrEqualTo(1e-6, gradients.P!.abs().max().item<double>());
        Assert.IsTrue(gradients.G!.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void Several_degenerate_rows_of_a_batch_have_their_own_gradients_wherever_they_stand()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] rows = [0, 0, 0, -1, 1, 1, -2, 0, 0, -1, 3, -4];
        foreach (bool reversed in new[] { false, true })
        {
            double[] p = reversed ? [.. rows.Reverse()] : rows;
            QuadraticSolution solution = _solver.Solve(QuadraticProblem.FromArrays(new QuadraticSize(6, 2), [1, 0, 0, 1], p, lower: [0, 0], upper: [Infinity, Infinity]));

            double[] slopes = [.. solution.Backward(ones_like(solution.Z)).P!.data<double>()];
            for (int i = 0; i < p.Length; i++)
            {
                Assert.AreEqual(p[i] < 0 ? -1 : p[i] > 0 ? 0 : -0.5, slopes[i], 1e-7, $"entry {i}");
            }
        }
    }

    [TestMethod]
    public void A_row_without_a_solution_leaves_the_gradients_of_the_others_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticSolution solution = _solver.Solve(QuadraticProblem.FromArrays(
            new QuadraticSize(3, 2), [1, 0, 0, 1], [0, -1, double.NaN, 0, 0, 0], lower: [0, 0]));

        double[] slopes = [.. solution.Backward(ones_like(solution.Z)).P!.data<double>()];
        Assert.IsTrue(double.IsNaN(slopes[2]) && double.IsNaN(slopes[3]));
        Assert.AreEqual(-0.5, slopes[0], 1e-7);
        Assert.AreEqual(-1, slopes[1], 1e-7);
        Assert.AreEqual(-0.5, slopes[4], 1e-7);
        Assert.AreEqual(-0.5, slopes[5], 1e-7);
    }

    [TestMethod]
    [DataRow(3, 2, 0)]
    [DataRow(6, 4, 2)]
    [DataRow(9, 5, 1)]
    public void Gradients_lie_between_the_derivatives_with_any_part_of_the_weakly_active_constraints_held(int n, int touching, int equalities)
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = Touching(n, touching, equalities);
        Tensor loss = Waves(n, 1), costs = Waves(n, 2);
        Tensor expected = stack([.. Enumerable.Range(0, 1 << touching).Select(part => (Held(problem, costs, part) * loss).sum(1))], 0);
        Tensor least = expected.amin([0]), most = expected.amax([0]), tolerance = (most - least) * 1e-6;
        foreach (IQuadraticSolver solver in new IQuadraticSolver[] { _solver, new InteriorPointSolver() })
        {
            Tensor actual = (solver.Solve(problem).Backward(loss).P! * costs).sum(1);

            Assert.IsTrue((actual >= least - tolerance).logical_and(actual <= most + tolerance).all().item<bool>(), $"{solver.GetType().Name}");
        }
    }

    [TestMethod]
    [DataRow(3, 2, 0)]
    [DataRow(8, 6, 1)]
    [DataRow(20, 12, 5)]
    public void The_units_of_weakly_active_constraints_that_depend_on_each_other_play_no_part(int n, int touching, int equalities)
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = Touching(n, touching, equalities);
        Tensor units = ((arange(touching, ScalarType.Float64) % 5) - 2).mul(Math.Log(30)).exp();
        var scaled = new QuadraticProblem(problem.Q, problem.P, problem.G! * units.unsqueeze(1), problem.H! * units, problem.A, problem.B);
        Tensor loss = Waves(n, 1);

        QuadraticGradients expected = _solver.Solve(problem).Backward(loss), actual = _solver.Solve(scaled).Backward(loss);

        Assert.IsLessThanOrEqualTo(1e-5, (expected.P! - actual.P!).abs().max().item<double>());
        Assert.IsLessThanOrEqualTo(1e-5, (expected.H! - (actual.H! * units)).abs().max().item<double>());
    }

    [TestMethod]
    [DataRow(4, 3, 0)]
    [DataRow(6, 4, 2)]
    public void Along_directions_in_which_the_solution_is_smooth_gradients_agree_with_finite_differences(int n, int touching, int equalities)
    {
        const double step = 1e-4;
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = Touching(n, touching, equalities);
        Tensor loss = Waves(n, 1), costs = Waves(n, 2);
        QuadraticGradients gradients = _solver.Solve(problem).Backward(loss);

        // Right-hand sides that move with the solution: every constraint goes on touching it.
        Tensor z = new InteriorPointSolver().Solve(new QuadraticProblem(problem.Q, costs, null, null, problem.A, problem.B is null ? null : zeros_like(problem.B))).Z;
        Tensor limits = problem.G!.matmul(z.unsqueeze(2)).squeeze(2);
        double actual = ((gradients.P! * costs).sum() + (gradients.H! * limits).sum()).item<double>();
        double expected = (Loss(step) - Loss(-step)) / (2 * step);
        Assert.AreEqual(expected, actual, 1e-6 * (1 + Math.Abs(expected)));

        double Loss(double t) => (_solver.Solve(new QuadraticProblem(
            problem.Q, problem.P + (costs * t), problem.G, problem.H! + (limits * t), problem.A, problem.B)).Z * loss).sum().item<double>();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Autograd_carries_these_gradients_in_float32_too(bool warm)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            Tensor p = zeros(3, 2, type).requires_grad_(true), lower = zeros(2, type).requires_grad_(true), q = eye(2, dtype: type).requires_grad_(true);
            using var layer = new QuadraticProgram(new OperatorSplittingSolver());

            var problem = new QuadraticProblem(q, p, lower: lower);
            QuadraticOutputs outputs = layer.forward(problem, warm ? layer.forward(problem).Solution.Start : null);
            ImplicitBackward.Run(() => (outputs.Z.sum() + outputs.LowerMultipliers!.sum()).backward());

            Assert.IsTrue(q.grad!.isfinite().all().item<bool>());
            Assert.IsLessThanOrEqualTo(1e-6, p.grad!.abs().max().to(ScalarType.Float64).item<double>());
            Assert.IsLessThanOrEqualTo(1e-5, (lower.grad! - 3).abs().max().to(ScalarType.Float64).item<double>());
        }
    }

    // How solutions move with p along the costs while the constraints of a part, as bits, hold with equality and the others do not exist.
    private static Tensor Held(QuadraticProblem problem, Tensor costs, int part)
    {
        Tensor[] held = [.. Enumerable.Range(0, problem.Inequalities).Where(i => (part & (1 << i)) != 0).Select(i => problem.G!.narrow(1, i, 1))];
        Tensor[] equalities = problem.A is null ? held : [.. held, problem.A];
        Tensor? a = equalities.Length == 0 ? null : cat(equalities, 1);
        return new InteriorPointSolver().Solve(new QuadraticProblem(problem.Q, costs, null, null, a, a is null ? null : zeros(5, a.shape[1], ScalarType.Float64))).Z;
    }

    private static Tensor Waves(int n, double frequency) => (arange(5 * n, ScalarType.Float64) * frequency + 1).sin().view(5, n);

    // Programs whose unconstrained solution lies on all of their inequalities: every one is active with a multiplier of zero.
    private static QuadraticProblem Touching(int n, int touching, int equalities)
    {
        Tensor?[] x = RandomPrograms.Arguments(seed: 40 + n, batch: 5, n, m: touching, k: equalities, bounds: false);
        Tensor z = new InteriorPointSolver().Solve(new QuadraticProblem(x[0], x[1]!, null, null, x[4], x[5])).Z;
        x[3] = x[2]!.matmul(z.unsqueeze(2)).squeeze(2);
        return RandomPrograms.Problem(x);
    }
}
