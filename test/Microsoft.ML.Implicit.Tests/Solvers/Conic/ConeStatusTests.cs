using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

/// <summary>Programs at the edge of having a solution, some of which other solvers are reported to end without a verdict on.</summary>
[TestClass]
public sealed class ConeStatusTests
{
    [TestMethod]
    public void A_hyperbola_that_just_misses_a_box_is_infeasible()
    {
        using DisposeScope scope = NewDisposeScope();

        // x₁x₂ ≥ 1 with x₁ ≤ 6 and 72.002 x₂ ≤ x₀ ≤ 12.
        double[,] a = { { -1, 0, 0 }, { 0, -1, 0 }, { 1, 0, 0 }, { 0, 1, 0 }, { -1, 0, 72.001953125 }, { 0, -1, -1 }, { 0, -1, 1 }, { 0, 0, 0 } };
        ConeSolution solution = Solve([0, 0, 0], a, [0, 0, 12, 6, 0, 0, 0, 2], Cone.Nonnegative(5), Cone.SecondOrder(3));
        Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0], solution.Describe(0));
        ConeCertificate.AssertCertified(solution, 0, 1e-7);
        a[4, 2] = 71.998;
        Assert.AreEqual(SolveStatus.Converged, Solve([0, 0, 0], a, [0, 0, 12, 6, 0, 0, 0, 2], Cone.Nonnegative(5), Cone.SecondOrder(3)).Status[0]);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(1e4)]
    [DataRow(1e-4)]
    public void Constraints_that_are_satisfied_in_the_limit_alone_are_nearly_infeasible(double unit)
    {
        using DisposeScope scope = NewDisposeScope();

        // √(x² + 1) ≤ x; x₀x₁ ≥ 1 with x₁ = 0, at a cost of x₀; [x 1; 1 0] positive semidefinite.
        ConeSolution[] solutions =
        [
            Solve([1], new[,] { { -1.0 }, { -1 }, { 0 } }, [0, 0, unit], Cone.SecondOrder(3)),
            Solve([1, 0], new[,] { { 0.0, 1 }, { -1, -1 }, { -1, 1 }, { 0, 0 } }, [0, 0, 0, 2 * unit], Cone.Zero(1), Cone.SecondOrder(3)),
            Solve([1], new[,] { { -1.0 }, { 0 }, { 0 } }, [0, Math.Sqrt(2) * unit, 0], Cone.Semidefinite(2)),
        ];
        for (int i = 0; i < solutions.Length; i++)
        {
            Assert.IsTrue(solutions[i].Status[0] is SolveStatus.NearlyInfeasible or SolveStatus.Infeasible, $"program {i}: {solutions[i].Describe(0)}");
            Assert.IsTrue(solutions[i].X.isnan().all().item<bool>());
            ConeCertificate.AssertCertified(solutions[i], 0, 1e-3);
        }
    }

    [TestMethod]
    [DataRow(20)]
    [DataRow(25)]
    [DataRow(40)]
    public void Points_far_beyond_the_data_are_not_called_infeasible(double logarithm)
    {
        using DisposeScope scope = NewDisposeScope();

        // Least z with log z ≥ t.
        ConeSolution solution = Solve([1], new[,] { { 0.0 }, { 0 }, { -1 } }, [logarithm, 1, 0], Cone.Exponential(1));
        Assert.IsTrue(solution.Status[0] is SolveStatus.NearlyInfeasible or SolveStatus.Converged, solution.Describe(0));
    }

    [TestMethod]
    [DataRow(1e-2)]
    [DataRow(1e-4)]
    [DataRow(1e-5)]
    public void Constraints_that_contradict_each_other_by_little_are_infeasible(double gap)
    {
        const int inequalities = 40, variables = 12;
        for (int seed = 0; seed < 3; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            using var generator = new Generator((ulong)seed);

            // Slacks that are complementary to multipliers with Aᵀy = 0, then bᵀy lowered from 0.
            Tensor isActive = (rand(inequalities, ScalarType.Float64, generator: generator) < 0.5).to(ScalarType.Float64);
            Tensor y = rand(inequalities, ScalarType.Float64, generator: generator) * isActive, s = rand(inequalities, ScalarType.Float64, generator: generator) * (1 - isActive);
            Tensor a = randn(inequalities, variables, dtype: ScalarType.Float64, generator: generator), square = y.dot(y);
            a -= outer(y, a.t().mv(y)) / square;
            Tensor b = a.mv(randn(variables, dtype: ScalarType.Float64, generator: generator)) + s;
            b -= y * ((b.dot(y) + gap) / square);
            ConeSolution solution = new ConeSolver().Solve(new ConeProblem(null, -a.sum([0L]), a, b, [Cone.Nonnegative(inequalities)]));
            Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0], solution.Describe(0));
            Tensor certificate = tensor(solution.Certificate(0)!), terms = a.abs().t().mv(certificate.abs());
            Assert.IsLessThanOrEqualTo(1e-12, (a.t().mv(certificate).abs() / (1 + terms)).max().item<double>());
        }
    }

    [TestMethod]
    [DataRow(ConeMethod.InteriorPoint)]
    [DataRow(ConeMethod.OperatorSplitting)]
    public void What_has_no_feasible_point_is_infeasible_however_costs_fall(ConeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        var solver = new ConeSolver(new ConeOptions { Method = method });
        foreach (double cost in new[] { 1, 1e3, 1e6 })
        {
            // Least −cost · y with x ≥ 2 and x ≤ 1.
            ConeSolution solution = solver.Solve(new ConeProblem(null, tensor(new[] { 0, -cost }), tensor(new[,] { { -1.0, 0 }, { 1, 0 } }), tensor(new[] { -2.0, 1 }), [Cone.Nonnegative(2)]));
            Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0], solution.Describe(0));
            ConeCertificate.AssertCertified(solution, 0, 1e-9);
        }
    }

    [TestMethod]
    public void A_least_value_that_is_not_attained_is_never_called_converged_to_another_value()
    {
        using DisposeScope scope = NewDisposeScope();

        // Least t with t x ≥ 1.
        ConeSolution solution = Solve([1, 0], new[,] { { -1.0, -1 }, { -1, 1 }, { 0, 0 } }, [0, 0, 2], Cone.SecondOrder(3));
        Assert.IsTrue(solution.Status[0] == SolveStatus.Diverged || Math.Abs(solution.Objective.item<double>()) < 1e-3, solution.Describe(0));
    }

    [TestMethod]
    public void Feasibility_does_not_depend_on_the_objective()
    {
        using DisposeScope scope = NewDisposeScope();
        double[,] a = { { -1, 0, 0 }, { 0, -1, 0 }, { 1, 1, 1 }, { 0, 0, 1 }, { 0, 0, -1 }, { 0.02479339, 0.02479339, -0.05785124 } };
        double[] b = [0, 0, 1, 1, 1, 0.5];
        foreach (double curvature in new[] { 0, 1e-6, 0.683, 1e6 })
        {
            foreach (double cost in new[] { 0, -7.47697849e-6, 1e4 })
            {
                Tensor p = diag(tensor(new[] { 0, 0, curvature })), q = tensor(new[] { 0, 0, cost });
                ConeSolution solution = new ConeSolver().Solve(new ConeProblem(p, q, tensor(a), tensor(b), [Cone.Nonnegative(6)]));
                Assert.AreEqual(SolveStatus.Converged, solution.Status[0], $"{curvature}, {cost}: {solution.Describe(0)}");
            }
        }
    }

    [TestMethod]
    public void What_rounding_leaves_of_a_right_hand_side_chooses_no_units()
    {
        using DisposeScope scope = NewDisposeScope();
        const int hours = 8;
        double[,] a = new double[hours + (2 * hours), 2 * hours];
        double[] b = new double[3 * hours], q = new double[2 * hours];
        for (int i = 0; i < hours; i++)
        {
            // xᵢ = 0.94 xᵢ₋₁ + bᵢ, and a cost of what is missing to 20.
            (a[i, i], b[i]) = (1, i == 0 ? 20 : i % 2 == 0 ? 1.2 : 4e-16);
            a[hours + i, i] = a[hours + i, hours + i] = a[(2 * hours) + i, hours + i] = -1;
            (b[hours + i], q[hours + i]) = (-20, 1);
            if (i > 0)
            {
                a[i, i - 1] = -0.94;
            }
        }

        ConeSolution solution = Solve(q, a, b, Cone.Zero(hours), Cone.Nonnegative(2 * hours));
        ConeCertificate.AssertOptimal(solution, 0, 1e-9);
    }

    private static ConeSolution Solve(double[] q, double[,] a, double[] b, params Cone[] cones) =>
        new ConeSolver().Solve(new ConeProblem(null, tensor(q), tensor(a), tensor(b), cones));
}
