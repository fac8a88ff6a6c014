using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>Programs of the kinds on which interior point methods get stuck; whether they have a solution is known from how they are made.</summary>
[TestClass]
public class HardProgramTests
{
    private const int Programs = 120;
    private const double Reach = 5;

    private readonly InteriorPointSolver _solver = new();

    [TestMethod]
    public void Vertices_at_which_many_constraints_meet_are_found() => AssertSolved(random =>
    {
        double[,] g = Matrix(random, () => random.Next(-2, 4));
        double[] vertex = Vector(g.GetLength(1), () => random.Next(2));
        return (Vector(vertex.Length, () => random.Next(-3, 5)), g, Product(g, vertex));
    });

    [TestMethod]
    public void Nearly_parallel_constraints_are_told_apart() => AssertSolved(random =>
    {
        double[,] once = Matrix(random, () => Normal(random));
        (int rows, int columns) = (once.GetLength(0), once.GetLength(1));
        double difference = Math.Pow(10, -3 - (6 * random.NextDouble()));
        var twice = new double[2 * rows, columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                twice[i, j] = once[i, j];
                twice[rows + i, j] = once[i, j] + (difference * Normal(random));
            }
        }

        double[] limits = Product(twice, Vector(columns, random.NextDouble));
        return (Vector(columns, () => Normal(random)), twice, [.. limits.Select((limit, i) => limit + (i < rows ? random.Next(2) * random.NextDouble() : difference * random.NextDouble()))]);
    });

    [TestMethod]
    public void Switches_with_a_large_coefficient_are_solved() => AssertSolved(random =>
    {
        double[,] g = Matrix(random, () => Normal(random));
        (int rows, int last) = (g.GetLength(0), g.GetLength(1) - 1);
        double large = Math.Pow(10, 3 + (4 * random.NextDouble()));
        int switched = random.Next(1, rows + 1);
        double[] limits = Product(g, [.. Vector(last, random.NextDouble), 0]);
        for (int i = 0; i < rows; i++)
        {
            limits[i] += i < switched ? -0.5 * random.NextDouble() : random.NextDouble();
            g[i, last] = i < switched ? -large : 0;
        }

        return ([.. Vector(last, () => Normal(random)), 1], g, limits);
    });

    [TestMethod]
    public void What_has_no_point_is_infeasible_though_its_objective_falls_for_ever_along_a_direction()
    {
        for (int seed = 0; seed < Programs; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            var random = new Random(seed);
            double[,] g = Matrix(random, () => Normal(random));
            (int rows, int columns) = (g.GetLength(0), g.GetLength(1));
            double[] weights = Vector(rows, () => random.NextDouble() + 0.1), limits = Vector(rows, () => Normal(random));
            var contradiction = new double[rows + 1, columns];
            Array.Copy(g, contradiction, g.Length);
            double missing = Math.Pow(10, -4 + (4 * random.NextDouble()));
            for (int j = 0; j < columns; j++)
            {
                contradiction[rows, j] = -Enumerable.Range(0, rows).Sum(i => weights[i] * g[i, j]);
            }

            double limit = -weights.Zip(limits, (weight, bound) => weight * bound).Sum() - missing;
            QuadraticSolution solution = _solver.Solve(new QuadraticProblem(null, Tensor(Vector(columns, () => Normal(random))), tensor(contradiction), Tensor([.. limits, limit])));
            Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0], $"seed {seed}");
        }
    }

    [TestMethod]
    [DataRow(1e-4f)]
    [DataRow(10f)]
    [DataRow(1e5f)]
    public void Mixes_without_risk_by_a_covariance_of_few_samples_in_float32_are_found(float scale)
    {
        for (int seed = 0; seed < 3 * Programs; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            using var generator = new Generator((ulong)seed);
            long goods = 2 + (seed % 4);
            Tensor samples = rand([1 + (seed % (goods - 1)), goods], ScalarType.Float32, generator: generator) * (2 * scale) - scale;
            var problem = new QuadraticProblem(samples.t().mm(samples), zeros(1, goods), a: ones(1, goods), b: ones(1), lower: zeros(goods));
            QuadraticSolution solution = _solver.Solve(problem);
            Assert.AreEqual(SolveStatus.Converged, solution.Status[0], $"seed {seed}");
            Assert.AreEqual(1, solution.Z.sum().item<float>(), 1e-5);
        }
    }

    private static void AssertSolved(Func<Random, (double[] Costs, double[,] Rows, double[] Limits)> create)
    {
        var solver = new InteriorPointSolver();
        for (int seed = 0; seed < Programs; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            (double[] costs, double[,] rows, double[] limits) = create(new Random(seed));
            QuadraticProblem problem = RandomPrograms.Problem(
                null, Tensor(costs).unsqueeze(0), tensor(rows).unsqueeze(0), Tensor(limits).unsqueeze(0), null, null, zeros(1, costs.Length, ScalarType.Float64), full([1, costs.Length], Reach, ScalarType.Float64));
            QuadraticSolution solution = solver.Solve(problem);
            Assert.AreEqual(SolveStatus.Converged, solution.Status[0], $"seed {seed}, {solution.Iterations[0]} iterations");
            double size = Math.Max(1, solution.Lambda.abs().max().item<double>() * rows.Cast<double>().Max(Math.Abs));
            Assert.IsLessThanOrEqualTo(1e-8 * size, RandomPrograms.KktResidual(problem, solution), $"seed {seed}");
        }
    }

    private static double[,] Matrix(Random random, Func<double> next)
    {
        var matrix = new double[random.Next(1, 30), random.Next(2, 15)];
        for (int i = 0; i < matrix.GetLength(0); i++)
        {
            for (int j = 0; j < matrix.GetLength(1); j++)
            {
                matrix[i, j] = next();
            }
        }

        return matrix;
    }

    private static double[] Vector(int length, Func<double> next) => [.. Enumerable.Range(0, length).Select(_ => next())];

    private static double[] Product(double[,] matrix, double[] vector) =>
        [.. Enumerable.Range(0, matrix.GetLength(0)).Select(i => vector.Select((value, j) => matrix[i, j] * value).Sum())];

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static Tensor Tensor(double[] values) => tensor(values, ScalarType.Float64);
}
