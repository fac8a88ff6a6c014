using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

/// <summary>Programs in uneven units, beside limits that stand for none: what is called converged is the optimum, and what has none is not.</summary>
[TestClass]
public sealed class UnevenProgramTests
{
    [TestMethod]
    [DataRow(ConeMethod.InteriorPoint, false, false)]
    [DataRow(ConeMethod.InteriorPoint, true, false)]
    [DataRow(ConeMethod.InteriorPoint, false, true)]
    [DataRow(ConeMethod.InteriorPoint, true, true)]
    [DataRow(ConeMethod.OperatorSplitting, false, false)]
    [DataRow(ConeMethod.OperatorSplitting, true, false)]
    [DataRow(ConeMethod.OperatorSplitting, false, true)]
    [DataRow(ConeMethod.OperatorSplitting, true, true)]
    public void Limits_and_units_change_no_optimum(ConeMethod method, bool isQuadratic, bool hasBall)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            UnevenProgram program = UnevenProgram.WithSolution(seed, isQuadratic, hasBall);
            ConeSolution solution = Solve(method, program.Problem);
            Assert.AreEqual(SolveStatus.Converged, solution.Status[0], $"seed {seed}: {solution.Describe(0)}");
            Assert.AreEqual(program.Least, solution.Objective.item<double>(), 1e-9 * program.Terms, $"seed {seed}");
        }
    }

    [TestMethod]
    [DataRow(ConeMethod.InteriorPoint)]
    [DataRow(ConeMethod.OperatorSplitting)]
    public void What_has_no_solution_is_told(ConeMethod method)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            foreach (bool isQuadratic in new[] { false, true })
            {
                ConeSolution contradiction = Solve(method, UnevenProgram.Contradiction(seed, isQuadratic, hasBall: isQuadratic));
                Assert.IsTrue(contradiction.Status[0] is SolveStatus.Infeasible or SolveStatus.NearlyInfeasible, $"seed {seed}: {contradiction.Describe(0)}");
            }

            ConeSolution fall = Solve(method, UnevenProgram.Fall(seed));
            Assert.IsTrue(fall.Status[0] is SolveStatus.Unbounded or SolveStatus.NearlyUnbounded, $"seed {seed}: {fall.Describe(0)}");
        }
    }

    private static ConeSolution Solve(ConeMethod method, ConeProblem problem) => new ConeSolver(new ConeOptions { Method = method, MaximumParallelism = 1 }).Solve(problem);
}
