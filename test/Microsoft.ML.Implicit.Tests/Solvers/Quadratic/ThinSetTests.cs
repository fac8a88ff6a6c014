using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>
/// Rows of several entries that leave little room between them or none: one is minus a positive combination of others. Solutions are known, for the costs are
/// made from a point and multipliers.
/// </summary>
[TestClass]
public class ThinSetTests
{
    private const int Programs = 20;

    [TestMethod]
    [DataRow(0.0, 0.0)]
    [DataRow(0.0, 12.0)]
    [DataRow(1e-11, 6.0)]
    [DataRow(1e-9, 6.0)]
    [DataRow(1e-8, 6.0)]
    [DataRow(1e-4, 6.0)]
    public void Programs_in_thin_sets_are_solved_or_said_not_to_be(double room, double spread)
    {
        foreach (Func<QuadraticProblem, QuadraticSolution> solve in new[] { problem => new InteriorPointSolver().Solve(problem), Batched })
        {
            int solved = 0;
            for (int seed = 0; seed < Programs; seed++)
            {
                using DisposeScope scope = NewDisposeScope();
                (Tensor?[] x, Tensor? z, double objective) = Thin(seed, room);
                var units = new ProgramUnits(seed, IsLinear: false, Math.Pow(10, (seed % 19) - 9), Unit: 1, spread);
                units.Draw(x);
                QuadraticSolution solution = solve(RandomPrograms.Problem(units.Apply(x)));
                if (solution.Status[0] != SolveStatus.Converged)
                {
                    Assert.AreEqual(SolveStatus.MaximumIterations, solution.Status[0], $"seed {seed}");
                    continue;
                }

                solved++;
                double tolerance = 1e-8 + (10 * room);
                Assert.AreEqual(objective, solution.Objective[0].item<double>() / units.Cost, tolerance * Math.Max(1, Math.Abs(objective)), $"seed {seed}");
                Tensor actual = solution.Z / units.Variables;
                Assert.IsLessThanOrEqualTo(1e-8, (actual.mm(x[2]!.t()) - x[3]!).max().item<double>(), $"seed {seed}");
                if (z is not null)
                {
                    Assert.IsLessThanOrEqualTo(1e-6 + (100 * room), (actual - z).abs().max().item<double>(), $"seed {seed}");
                }
            }

            Assert.IsGreaterThanOrEqualTo(Programs - 2, solved);
        }
    }

    [TestMethod]
    public void A_program_in_a_thin_set_has_the_same_solution_wherever_it_stands_in_a_batch()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor?[] x, _, _) = Thin(5, 0);
        Tensor shifts = tensor(new[] { 0.0, 1e-9, 0.3, 0 }, [4, 1], ScalarType.Float64);
        var batch = new QuadraticProblem(x[0], x[1]! + shifts, x[2], x[3]![0], lower: x[6]![0], upper: x[7]![0]);

        QuadraticSolution alone = new InteriorPointSolver().Solve(RandomPrograms.Problem(x)), together = new InteriorPointSolver().Solve(batch);

        foreach (long row in new[] { 0L, 3 })
        {
            Assert.AreEqual(alone.Status[0], together.Status[(int)row]);
            Assert.IsLessThanOrEqualTo(1e-9, (alone.Objective[0] - together.Objective[row]).abs().item<double>());
        }
    }

    // Data, the solution where it is the only one, and the objective there. The room is left in the last row of each group.
    private static (Tensor?[] X, Tensor? Z, double Objective) Thin(int seed, double room)
    {
        var random = new Random(seed);
        using var generator = new Generator((ulong)seed);
        int n = random.Next(2, 9), most = random.Next(1, 4), curvature = random.Next(3);
        Tensor z = Normal(n);
        var rows = new List<Tensor>();
        var sides = new List<double>();
        var multipliers = new List<double>();
        int groups = random.Next(1, Math.Max(2, (n / 2) + 1));
        for (int i = 0; i < groups; i++)
        {
            Tensor sum = zeros(n, ScalarType.Float64);
            for (int j = 0; j < most; j++)
            {
                Tensor row = Normal(n);
                sum = sum - (row * (0.2 + random.NextDouble()));
                Add(row, 0, HeldOrNot());
            }

            Add(sum, room, HeldOrNot());
        }

        for (int i = random.Next(5); i > 0; i--)
        {
            bool isHeld = random.Next(2) == 0;
            Add(Normal(n), isHeld ? 0 : 0.1 + random.NextDouble(), isHeld ? random.NextDouble() : 0);
        }

        Tensor factor = Normal(curvature == 1 ? Math.Max(1, n / 2) : n, n);
        Tensor? q = curvature == 0 ? null : (factor.t().mm(factor) / n) + ((curvature - 1) * 0.1 * eye(n, dtype: ScalarType.Float64));
        Tensor g = stack(rows), p = -g.t().mv(tensor(multipliers.ToArray(), ScalarType.Float64)) - (q is null ? zeros_like(z) : q.mv(z));
        double objective = (p * z).sum().item<double>() + (q is null ? 0 : 0.5 * (z * q.mv(z)).sum().item<double>());
        Tensor reach = Normal(n).abs() + 0.1;
        Tensor?[] x = [q, p.unsqueeze(0), g, tensor(sides.ToArray(), ScalarType.Float64).unsqueeze(0), null, null, (z - reach).unsqueeze(0), (z + reach).unsqueeze(0)];
        return (x, curvature == 2 ? z : null, objective);

        double HeldOrNot() => random.Next(3) == 0 ? 0 : random.NextDouble();
        Tensor Normal(params long[] shape) => randn(shape, ScalarType.Float64, generator: generator);

        void Add(Tensor row, double slack, double multiplier)
        {
            double unit = Math.Pow(10, (2 * random.NextDouble()) - 1);
            rows.Add(row * unit);
            sides.Add(((row * z).sum().item<double>() + slack) * unit);
            multipliers.Add(multiplier / unit);
        }
    }

    private static QuadraticSolution Batched(QuadraticProblem problem)
    {
        using IDisposable noGrad = no_grad();
        var options = new InteriorPointOptions();
        return BatchedSolve.Solve(problem, () => new BatchedInteriorPoint(problem, options), options, default);
    }
}
