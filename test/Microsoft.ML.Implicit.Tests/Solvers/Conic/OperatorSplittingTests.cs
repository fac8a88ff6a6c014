using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

[TestClass]
public sealed class OperatorSplittingTests
{
    private static readonly ConeSolver Splitting = new(new ConeOptions { Method = ConeMethod.OperatorSplitting });

    [TestMethod]
    [DataRow(0)]
    [DataRow(4)]
    public void It_finds_what_the_interior_point_method_finds(int rank)
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = RandomConePrograms.Create(RandomConePrograms.EveryCone, 8, 6, rank, seed: 11);
        ConeSolution solution = Splitting.Solve(problem), expected = new ConeSolver().Solve(problem);
        for (int row = 0; row < 6; row++)
        {
            ConeCertificate.AssertOptimal(solution, row, 1e-7);
        }

        Assert.IsLessThanOrEqualTo(1e-6, (solution.X - expected.X).abs().max().item<double>());
        Tensor gradient = ones(6, 8, ScalarType.Float64);
        Tensor difference = solution.Backward(gradient).Q - expected.Backward(gradient).Q;
        Assert.IsLessThanOrEqualTo(1e-5, difference.abs().max().item<double>());
    }

    [TestMethod]
    public void A_row_is_solved_as_if_it_were_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = RandomConePrograms.Create(RandomConePrograms.EveryCone, 8, 6, 4, seed: 5);
        var solver = new ConeSolver(new ConeOptions { Method = ConeMethod.OperatorSplitting, MaximumParallelism = 1 });
        ConeSolution batch = solver.Solve(problem);
        for (int row = 0; row < 6; row++)
        {
            Tensor alone = solver.Solve(new ConeProblem(problem.P![row], problem.Q[row].unsqueeze(0), problem.A[row], problem.B[row], problem.Cones)).X;
            Assert.AreEqual(0, (alone - batch.X[row]).abs().max().item<double>(), $"{row}");
        }
    }

    [TestMethod]
    public void Contradictions_have_a_certificate()
    {
        using DisposeScope scope = NewDisposeScope();

        // x ≥ 2 and x ≤ 1; a ball of radius one about (3, 0) and x₀ ≤ 1; x₀ = 1 and x₀ = 2.
        AssertCertified(SolveStatus.Infeasible, [1], new[,] { { -1.0 }, { 1 } }, [-2, 1], Cone.Nonnegative(2));
        AssertCertified(SolveStatus.Infeasible, [1, 0], new[,] { { 1.0, 0 }, { 0, 0 }, { -1, 0 }, { 0, -1 } }, [1, 1, -3, 0], Cone.Nonnegative(1), Cone.SecondOrder(3));
        AssertCertified(SolveStatus.Infeasible, [1, 0], new[,] { { 1.0, 0 }, { 1, 0 } }, [1, 2], Cone.Zero(2));
    }

    [TestMethod]
    public void An_objective_without_limit_has_a_certificate()
    {
        using DisposeScope scope = NewDisposeScope();

        // Least −x₀ with x₀ ≥ x₁ and ‖(x₁, x₂)‖ ≤ x₀.
        AssertCertified(SolveStatus.Unbounded, [-1, 0, 0], new[,] { { -1.0, 1, 0 }, { -1, 0, 0 }, { 0, -1, 0 }, { 0, 0, -1 } }, [0, 0, 0, 0], Cone.Nonnegative(1), Cone.SecondOrder(3));
    }

    [TestMethod]
    public void A_neighbouring_solution_spares_iterations()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = RandomConePrograms.Create(RandomConePrograms.EveryCone, 8, 6, 4, seed: 9);
        ConeStart start = Splitting.Solve(problem).Start;
        var moved = new ConeProblem(problem.P, problem.Q * 1.001, problem.A, problem.B, problem.Cones);
        ConeSolution cold = Splitting.Solve(moved), warm = Splitting.Solve(moved, start);
        Assert.IsTrue(warm.AllConverged);
        Assert.IsLessThanOrEqualTo(0.5 * cold.Iterations.Sum(), warm.Iterations.Sum());
    }

    [TestMethod]
    public void Exponential_programs_are_solved_in_some_hundreds_of_iterations()
    {
        using DisposeScope scope = NewDisposeScope();
        const int variables = 20, terms = 60;
        using var generator = new Generator(3);

        // Least cᵀx with log Σ exp(aᵢᵀx) ≤ log 60 + 1 and |x| ≤ 5: a geometric program.
        Tensor a = randn(terms, variables, dtype: ScalarType.Float64, generator: generator), c = randn(variables, dtype: ScalarType.Float64, generator: generator);
        var x = new Variable("x", variables);
        ConvexProgram program = ConvexProgram.Minimize(
            Functions.Dot(c.ReadDoubles(), x), Functions.LogSumExp(Functions.Product(Matrix(a), x)) <= Math.Log(terms) + 1, Functions.NormInfinity(x) <= 5);
        ProgramSolution expected = program.Solve(new Dictionary<Parameter, Tensor>());
        var options = new ConeOptions { Method = ConeMethod.OperatorSplitting, Tolerance = 1e-6 };
        ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor>(), options);
        Assert.AreEqual(expected.Objective.item<double>(), solution.Objective.item<double>(), 1e-4);
        Assert.IsLessThanOrEqualTo(3_000, solution.Iterations[0]);
    }

    [TestMethod]
    public void Too_few_iterations_are_a_status()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = RandomConePrograms.Create(RandomConePrograms.EveryCone, 8, 2, 4, seed: 9);
        ConeSolution solution = new ConeSolver(new ConeOptions { Method = ConeMethod.OperatorSplitting, MaximumIterations = 3 }).Solve(problem);
        Assert.AreEqual((SolveStatus.MaximumIterations, 3), (solution.Status[0], solution.Iterations[0]));
        Assert.IsTrue(solution.X.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void Constraints_that_meet_far_away_are_solved()
    {
        using DisposeScope scope = NewDisposeScope();

        // Least x with x − y ≥ 1 and y ≥ (1 − 10⁻⁶) x, which meet at 10⁶.
        var problem = new ConeProblem(null, tensor(new[] { 1.0, 0 }), tensor(new[,] { { -1.0, 1 }, { 1 - 1e-6, -1 } }), tensor(new[] { -1.0, 0 }), [Cone.Nonnegative(2)]);
        foreach (ConeSolver solver in new[] { Splitting, new ConeSolver() })
        {
            ConeSolution solution = solver.Solve(problem);
            Assert.AreEqual(SolveStatus.Converged, solution.Status[0], solution.Describe(0));
            Assert.AreEqual(1e6, solution.Objective.item<double>(), 1e-1);
        }
    }

    private static double[,] Matrix(Tensor rows)
    {
        double[] values = rows.ReadDoubles();
        double[,] matrix = new double[rows.shape[0], rows.shape[1]];
        Buffer.BlockCopy(values, 0, matrix, 0, values.Length * sizeof(double));
        return matrix;
    }

    private static void AssertCertified(SolveStatus status, double[] q, double[,] a, double[] b, params Cone[] cones)
    {
        ConeSolution solution = Splitting.Solve(new ConeProblem(null, tensor(q), tensor(a), tensor(b), cones));
        Assert.AreEqual(status, solution.Status[0], solution.Describe(0));
        ConeCertificate.AssertCertified(solution, 0, 1e-6);
    }
}
