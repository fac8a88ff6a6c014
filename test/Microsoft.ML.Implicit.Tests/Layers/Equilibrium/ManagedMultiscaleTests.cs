using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

/// <summary>The multi-scale cell in managed memory, where solves on the CPU find its equilibria, beside its tensor operations.</summary>
[TestClass]
public sealed class ManagedMultiscaleTests
{
    private static readonly AndersonSettings Settings = new() { RelativeTolerance = 1e-5, MaximumIterations = 60 };

    [TestMethod]
    [DataRow(1, 8, 8, new[] { 4, 8 })]
    [DataRow(3, 30, 21, new[] { 3, 5, 6 })]
    [DataRow(2, 9, 9, new[] { 7 })]
    public void A_solve_takes_the_iterates_that_tensor_operations_take(int channels, int height, int width, int[] scaleWidths)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        (MultiscaleConvolutionalCell cell, Injection injection, Tensor start) = Create(channels, height, width, scaleWidths, rows: 37);
        FixedPointResult managed = new AndersonSolver(Settings).Solve(new CellMap(cell, injection), start);
        FixedPointResult tensors = new AndersonSolver(Settings).Solve(new FixedPointMap(z => cell.Iterate(z, injection)), start);
        Assert.IsTrue(managed.AllConverged);
        Assert.AreEqual(tensors.Iterations, managed.Iterations);
        Assert.IsLessThan(1e-4, (managed.Solution - tensors.Solution).abs().max().item<float>());
        Tensor residual = (cell.Iterate(managed.Solution, injection) - managed.Solution).norm(1);
        for (int row = 0; row < 37; row++)
        {
            Assert.AreEqual(residual[row].item<float>(), managed.Residuals[row], 1e-4);
        }
    }

    [TestMethod]
    public void A_row_does_not_depend_on_those_beside_it_and_one_that_diverges_costs_itself_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        (MultiscaleConvolutionalCell cell, Injection injection, Tensor start) = Create(1, 8, 8, [4, 8], rows: 5);
        Tensor spoilt = start.clone();
        spoilt[2] = tensor(float.NaN);
        FixedPointResult whole = new AndersonSolver(Settings).Solve(new CellMap(cell, injection), start);
        FixedPointResult result = new AndersonSolver(Settings).Solve(new CellMap(cell, injection), spoilt);
        Assert.AreEqual(SolveStatus.Diverged, result.Statuses[2]);
        Assert.AreEqual(double.PositiveInfinity, result.Residuals[2]);
        foreach (int row in (int[])[0, 1, 3, 4])
        {
            Assert.AreEqual(SolveStatus.Converged, result.Statuses[row]);
            Assert.IsTrue(result.Solution[row].equal(whole.Solution[row]).all().item<bool>());
        }
    }

    [TestMethod]
    public void A_solve_starts_where_it_is_told_ends_at_the_limit_and_can_be_cancelled()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        (MultiscaleConvolutionalCell cell, Injection injection, Tensor start) = Create(1, 8, 8, [4, 8], rows: 3);
        var map = new CellMap(cell, injection);
        FixedPointResult solved = new AndersonSolver(Settings).Solve(map, start);
        Assert.AreEqual(1, new AndersonSolver(Settings).Solve(map, solved.Solution).Iterations);
        FixedPointResult limited = new AndersonSolver(Settings with { MaximumIterations = 2 }).Solve(map, start);
        Assert.AreEqual(2, limited.Iterations);
        Assert.AreEqual(6, limited.RowEvaluations);
        Assert.AreEqual(SolveStatus.MaximumIterations, limited.Statuses[0]);
        Assert.ThrowsExactly<OperationCanceledException>(() => new AndersonSolver(Settings).Solve(map, start, new CancellationToken(true)));
        Assert.AreEqual(0, new AndersonSolver(Settings).Solve(map, start.narrow(0, 0, 0)).Statuses.Count);
    }

    private static (MultiscaleConvolutionalCell Cell, Injection Injection, Tensor Start) Create(int channels, int height, int width, int[] scaleWidths, int rows)
    {
        using var generator = new Generator(4);
        var cell = new MultiscaleConvolutionalCell(channels, height, width, scaleWidths, generator);
        Tensor x = randn([rows, (long)channels * height * width], generator: generator);
        return (cell, cell.Inject(x), cell.InitialState(x));
    }
}
