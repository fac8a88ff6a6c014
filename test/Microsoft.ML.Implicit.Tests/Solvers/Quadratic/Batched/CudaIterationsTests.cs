using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic.Batched;

/// <summary>The iterations of a kernel end where those of tensor operations end. Inconclusive on hosts without CUDA.</summary>
[TestClass]
public sealed class CudaIterationsTests
{
    private static readonly InteriorPointOptions Options = new();

    [TestInitialize]
    public void RequireCuda()
    {
        if (!cuda.is_available())
        {
            Assert.Inconclusive("This host has no CUDA device.");
        }
    }

    [TestMethod]
    [DataRow(1, 1, 0, false, false)]
    [DataRow(12, 9, 0, false, false)]
    [DataRow(12, 0, 3, true, false)]
    [DataRow(12, 9, 3, true, true)]
    [DataRow(33, 40, 0, true, false)]
    [DataRow(60, 30, 20, false, true)]
    [DataRow(100, 100, 50, false, false)]
    public void A_kernel_steps_as_tensor_operations_do(int n, int m, int k, bool bounds, bool shared)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        var data = new BatchedData(OnDevice(RandomPrograms.Arguments(seed: 25, batch: 40, n, m, k, bounds, shared)));
        Tensor objective = data.System.Objective(data.Curvature, BatchedInteriorPoint.Regularisation);
        KernelIterations? kernel = KernelIterations.TryCreate(data, objective, Options);
        Assert.IsNotNull(kernel);
        Tensor start = ones(40, (2 * data.Active.shape[1]) + n + k, ScalarType.Float64, CUDA);
        start.narrow(1, data.Active.shape[1], data.Active.shape[1]).mul_(data.Active);
        BatchedIterate expected = Iterate(start.clone()), actual = Iterate(start.clone());

        (Tensor expectedConverged, Tensor expectedSteps) = new TensorIterations(data, objective, Options).Run(expected, 30, default);
        (Tensor converged, Tensor steps) = kernel.Run(actual, 30, default);

        Assert.IsTrue(expectedConverged.all().item<bool>());
        Assert.IsTrue(converged.all().item<bool>());
        Assert.IsLessThanOrEqualTo(1.0, (expectedSteps - steps).abs().max().item<double>());
        AssertClose(expected.Z, actual.Z);
        AssertClose(expected.Lambda, actual.Lambda);
        AssertClose(expected.Nu, actual.Nu);

        BatchedIterate Iterate(Tensor packed) => new(packed, n, data.Active.shape[1]);
    }

    [TestMethod]
    public void Failing_rows_and_switched_off_constraints_are_told_from_others()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 22, batch: 5, n: 6, m: 4, k: 1, bounds: true);
        x[1]![0, 1] = double.NaN;
        x[0]![3] = -x[0]![3];
        x[6]![2, 3] = x[7]![2, 3] + 1;
        x[3]![4, 2] = double.PositiveInfinity;
        x[6]![1, 3] = double.NegativeInfinity;
        using IDisposable noGrad = no_grad();
        QuadraticProblem problem = OnDevice(x);

        QuadraticSolution solution = BatchedSolve.Solve(problem, () => new BatchedInteriorPoint(problem, Options), Options, default);

        CollectionAssert.AreEqual(
            new[] { SolveStatus.InvalidInput, SolveStatus.Converged, SolveStatus.Infeasible, SolveStatus.NonConvex, SolveStatus.Converged }, solution.Status.ToArray());
        Tensor expected = new InteriorPointSolver().Solve(RandomPrograms.Problem(x)).Z;
        AssertClose(expected[1], solution.Z[1].cpu());
        AssertClose(expected[4], solution.Z[4].cpu());
    }

    [TestMethod]
    public void Programs_whose_factors_do_not_fit_are_left_to_tensor_operations()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor?[] x = RandomPrograms.Arguments(seed: 26, batch: 3, n: 200, m: 20, k: 0, bounds: false);
        QuadraticProblem problem = OnDevice(x);
        var data = new BatchedData(problem);
        Assert.IsNull(KernelIterations.TryCreate(data, data.System.Objective(data.Curvature, BatchedInteriorPoint.Regularisation), Options));

        QuadraticSolution solution = BatchedSolve.Solve(problem, () => new BatchedInteriorPoint(problem, Options), Options, default);

        Assert.IsTrue(solution.AllConverged);
        AssertClose(new InteriorPointSolver().Solve(RandomPrograms.Problem(x)).Z, solution.Z.cpu());
    }

    private static QuadraticProblem OnDevice(Tensor?[] arguments) => RandomPrograms.Problem([.. arguments.Select(t => t?.to(CUDA))]);

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        if (expected.numel() > 0)
        {
            double scale = Math.Max(1, expected.abs().max().item<double>());
            Assert.AreEqual(0, (expected - actual).abs().max().item<double>() / scale, 1e-7);
        }
    }
}
