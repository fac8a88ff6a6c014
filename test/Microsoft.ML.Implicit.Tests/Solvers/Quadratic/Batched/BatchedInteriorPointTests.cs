using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic.Batched;

/// <summary>The path for GPUs runs on tensors of any device: here on the CPU, against the managed path.</summary>
[TestClass]
public class BatchedInteriorPointTests
{
    private readonly InteriorPointSolver _managed = new();

    [TestMethod]
    [DataRow(0, false, false)]
    [DataRow(3, false, false)]
    [DataRow(0, true, false)]
    [DataRow(3, true, true)]
    [DataRow(3, false, true)]
    public void Both_paths_agree_on_solutions_multipliers_and_gradients(int equalities, bool bounds, bool shared)
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = RandomPrograms.Problem(RandomPrograms.Arguments(seed: 20, batch: 16, n: 12, m: 9, equalities, bounds, shared));

        QuadraticSolution batched = Solve(problem), managed = _managed.Solve(problem);

        Assert.IsTrue(batched.AllConverged);
        Assert.IsLessThanOrEqualTo(1e-8, RandomPrograms.KktResidual(problem, batched));
        AssertClose(managed.Z, batched.Z);
        AssertClose(managed.Lambda, batched.Lambda);
        AssertClose(managed.Nu, batched.Nu);
        AssertClose(managed.Objective, batched.Objective);
        QuadraticGradients expected = Gradients(managed), actual = Gradients(batched);
        foreach ((Tensor? e, Tensor? a) in expected.Arguments.Zip(actual.Arguments))
        {
            Assert.AreEqual(e is null, a is null);
            if (e is not null)
            {
                AssertClose(e, a!);
            }
        }
    }

    [TestMethod]
    public void Problems_with_bounds_alone_and_with_switched_off_rows_agree()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 21, batch: 5, n: 8, m: 6, k: 0, bounds: true);
        x[3]![1, 2] = double.PositiveInfinity;
        x[6]![2, 3] = double.NegativeInfinity;
        AssertClose(_managed.Solve(RandomPrograms.Problem(x)).Z, Solve(RandomPrograms.Problem(x)).Z);
        x[2] = x[3] = null;
        AssertClose(_managed.Solve(RandomPrograms.Problem(x)).Z, Solve(RandomPrograms.Problem(x)).Z);
        x[7] = null;
        AssertClose(_managed.Solve(RandomPrograms.Problem(x)).Z, Solve(RandomPrograms.Problem(x)).Z);
    }

    [TestMethod]
    public void Ordinary_rows_need_no_help_from_the_managed_path()
    {
        using DisposeScope scope = NewDisposeScope();
        for (int seed = 0; seed < 8; seed++)
        {
            QuadraticProblem problem = RandomPrograms.Problem(RandomPrograms.Arguments(seed, batch: 8, n: 15, m: 20, k: 4, bounds: seed % 2 == 0));
            using DisposeScope inner = NewDisposeScope();

            Tensor converged = new BatchedInteriorPoint(problem, new InteriorPointOptions()).Solve(default);

            Assert.IsTrue(converged.all().item<bool>(), $"seed {seed}");
        }
    }

    [TestMethod]
    public void Failing_rows_are_diagnosed_beside_good_ones()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 22, batch: 4, n: 6, m: 4, k: 1, bounds: true);
        x[1]![0, 1] = double.NaN;
        x[0]![3] = -x[0]![3];
        x[6]![2, 3] = x[7]![2, 3] + 1;
        QuadraticProblem problem = RandomPrograms.Problem(x);

        QuadraticSolution batched = Solve(problem);

        CollectionAssert.AreEqual(
            new[] { SolveStatus.InvalidInput, SolveStatus.Converged, SolveStatus.Infeasible, SolveStatus.NonConvex }, batched.Status.ToArray());
        Assert.Contains(3, batched.Diagnose(2).LowerBounds);
        AssertClose(_managed.Solve(problem).Z[1], batched.Z[1]);
        Tensor gradient = batched.Backward(ones_like(batched.Z)).P!;
        Assert.IsTrue(gradient[2].isnan().all().item<bool>());
        Assert.IsTrue(gradient[1].isfinite().all().item<bool>());
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(5)]
    [DataRow(7)]
    public void NaN_in_any_argument_of_a_row_is_reported(int argument)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 24, batch: 3, n: 5, m: 4, k: 1, bounds: true);
        x[argument]![1].fill_(double.NaN);

        QuadraticSolution solution = Solve(RandomPrograms.Problem(x));

        CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.InvalidInput, SolveStatus.Converged }, solution.Status.ToArray());
    }

    [TestMethod]
    public void A_solve_leaves_only_its_outputs_behind()
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = RandomPrograms.Problem(RandomPrograms.Arguments(seed: 23, batch: 4, n: 6, m: 4, k: 1, bounds: true));
        using DisposeScope inner = NewDisposeScope();

        QuadraticSolution solution = Solve(problem);

        // z, λ, ν, two bound multipliers and the objective, and the adjoint's z, ν, slacks, multipliers and scales.
        Assert.AreEqual(11, inner.DisposablesCount);
        solution.Backward(ones_like(solution.Z));
        Assert.AreEqual(11 + 8 + 1, inner.DisposablesCount);
    }

    private static QuadraticSolution Solve(QuadraticProblem problem)
    {
        using IDisposable noGrad = no_grad();
        var options = new InteriorPointOptions();
        return BatchedSolve.Solve(problem, () => new BatchedInteriorPoint(problem, options), options, default);
    }

    private static QuadraticGradients Gradients(QuadraticSolution solution) => solution.Backward(
        Weights(solution.Z), Weights(solution.Lambda), Weights(solution.Nu), Optional(solution.LowerMultipliers), Optional(solution.UpperMultipliers));

    private static Tensor? Optional(Tensor? output) => output is null ? null : Weights(output);

    private static Tensor Weights(Tensor output) => arange(output.numel(), ScalarType.Float64).sin().view(output.shape);

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        if (expected.numel() > 0)
        {
            double error = (expected - actual).abs().max().item<double>();
            Assert.IsLessThanOrEqualTo(1e-6 * (1 + expected.abs().max().item<double>()), error);
        }
    }
}
