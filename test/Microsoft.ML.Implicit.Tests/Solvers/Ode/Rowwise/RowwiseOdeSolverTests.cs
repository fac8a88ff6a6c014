using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Tests.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode.Rowwise;

[TestClass]
public sealed class RowwiseOdeSolverTests
{
    private static readonly OdeOptions Tight = new() { StepControl = new PiStepControl { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-10 } };

    public static IEnumerable<object[]> Options =>
    [
        [Tight], [Tight with { Method = OdeMethods.Tsit5 }], [Tight with { Method = OdeMethods.Dopri8 }], [Tight with { Method = OdeMethods.Bosh3 }],
        [new OdeOptions { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(0.005) }],
    ];

    [TestMethod]
    [DynamicData(nameof(Options))]
    public void Rows_with_times_of_their_own_equal_separate_solves(OdeOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        Tensor start = Start(3);
        double[][] times = [[0, 0.3, 1, 2.5], [1, 0.5, 0.1, -1], [2, 2.1, 2.1, 2.1]];
        using OdeSolution rows = OdeSolver.Solve(dynamics, start, times, options);
        Assert.IsTrue(rows.Converged);
        for (int row = 0; row < 3; row++)
        {
            double[] own = [.. times[row].Distinct()];
            using OdeSolution alone = OdeSolver.Solve(dynamics, start.narrow(0, row, 1), own, Tight);
            Tensor expected = cat([alone.States, .. Enumerable.Repeat(alone.States[-1].unsqueeze(0), times[row].Length - own.Length)]);
            Assert.IsLessThan(2e-8, (expected.squeeze(1) - rows.States.select(1, row)).abs().max().item<double>());
        }
    }

    [TestMethod]
    public void A_stiff_row_does_not_slow_its_neighbours()
    {
        using DisposeScope scope = NewDisposeScope();
        var decay = new RowFunctionTerm((t, z) => stack([-z.select(1, 0) * z.select(1, 1), zeros_like(z.select(1, 1))], 1));
        Tensor start = tensor(new[,] { { 1.0, 1.0 }, { 1.0, 500.0 } });
        using OdeSolution solution = OdeSolver.Solve(decay, start, [[0.0, 1], [0.0, 1]]);
        Assert.IsTrue(solution.Converged);
        Assert.IsLessThan(solution.RowStatistics[1].AcceptedSteps / 4, solution.RowStatistics[0].AcceptedSteps);
        Assert.AreEqual(Math.Exp(-1), solution.States[1, 0, 0].item<double>(), 1e-5);
    }

    [TestMethod]
    public void A_row_that_fails_leaves_the_others_solved()
    {
        using DisposeScope scope = NewDisposeScope();
        var term = new RowFunctionTerm((t, z) => z.square());
        Tensor start = tensor(new[,] { { -1.0 }, { 1.0 }, { double.NaN } });
        using OdeSolution solution = OdeSolver.Solve(term, start, [[0, 0.5, 2], [0, 0.5, 2], [0, 0.5, 2]]);
        Assert.AreEqual(SolveStatus.Converged, solution.Status[0]);
        Assert.AreNotEqual(SolveStatus.Converged, solution.Status[1]);
        Assert.AreEqual(SolveStatus.InvalidInput, solution.Status[2]);
        Assert.AreEqual(-1.0 / 3, solution.States[2, 0, 0].item<double>(), 1e-5);
        Assert.AreEqual(2.0, solution.States[1, 1, 0].item<double>(), 1e-4);
        Assert.IsTrue(double.IsNaN(solution.States[2, 1, 0].item<double>()));
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(64)]
    public void Gradients_equal_those_of_separate_solves(int checkpoints)
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        Tensor start = Start(2);
        double[][] times = [[0, 0.3, 1], [1, 0.4, -1]];
        using var generator = new Generator(12);
        Tensor weights = randn([3, 2, 3], ScalarType.Float64, generator: generator);
        using OdeSolution rows = OdeSolver.Solve(dynamics, start, times, Tight with { MaximumCheckpoints = checkpoints }, differentiable: true);
        using OdeGradients gradients = rows.Backward(weights);
        Tensor parameters = zeros_like(gradients.Parameters);
        for (int row = 0; row < 2; row++)
        {
            using OdeSolution alone = OdeSolver.Solve(dynamics, start.narrow(0, row, 1), times[row], Tight, differentiable: true);
            using OdeGradients own = alone.Backward(weights.narrow(1, row, 1));
            parameters.add_(own.Parameters);
            Assert.IsLessThan(1e-8, (own.InitialState[0] - gradients.InitialState[row]).abs().max().item<double>());
        }

        Assert.IsLessThan(1e-8, (parameters - gradients.Parameters).abs().max().item<double>());
    }

    [TestMethod]
    public void Gradients_of_the_times_of_every_row_equal_finite_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        Tensor start = Start(2);
        Tensor times = tensor(new[,] { { 0, 0.3, 1 }, { 1, 0.4, -1 } });
        Tensor weights = arange(18, dtype: ScalarType.Float64).view(3, 2, 3).sin();
        using OdeSolution rows = Solve(differentiable: true);
        using OdeGradients gradients = rows.Backward(weights, timeGradients: true);
        double Scalar()
        {
            using OdeSolution at = Solve(differentiable: false);
            return (at.States * weights).sum().item<double>();
        }

        CollectionAssert.AreEqual(new long[] { 2, 3 }, gradients.Times!.shape);
        Assert.IsLessThan(1e-6, (FiniteDifferences.Gradient(times, Scalar, 1e-4) - gradients.Times!).abs().max().item<double>());

        OdeSolution Solve(bool differentiable) =>
            OdeSolver.Solve(dynamics, start, [.. times.data<double>().ToArray().Chunk(3)], Tight, differentiable);
    }

    [TestMethod]
    public void Gradients_of_repeated_times_add_to_the_initial_state_and_to_the_first_time()
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        Tensor start = Start(1);
        using OdeSolution rows = OdeSolver.Solve(dynamics, start, [[0.5, 0.5, 0.5]], Tight, differentiable: true);
        using OdeGradients gradients = rows.Backward(ones_like(rows.States), timeGradients: true);
        double slope = dynamics.Evaluate(0.5, start).sum().item<double>();
        Assert.IsLessThan(1e-12, (gradients.InitialState - 3).abs().max().item<double>());
        Assert.IsLessThan(1e-12, (gradients.Times! - tensor(new[,] { { -2 * slope, slope, slope } })).abs().max().item<double>());
    }

    [TestMethod]
    public void The_layer_takes_times_of_every_row_and_differentiates_them()
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        var layer = new NeuralOde(dynamics, Tight);
        double[][] times = [[0, 0.3, 1], [1, 0.4, -1]];
        Tensor start = Start(2).requires_grad_();
        Tensor grid = tensor(times.SelectMany(t => t).ToArray(), [2, 3]).requires_grad_();
        Tensor states = layer.forward(start, grid);
        ImplicitBackward.Run(() => states.square().sum().backward());
        using OdeSolution solution = layer.Solve(start, times, differentiable: true);
        using OdeGradients gradients = solution.Backward(solution.States * 2, timeGradients: true);
        Assert.AreEqual(0, (solution.States - states).abs().max().item<double>());
        Assert.AreEqual(0, (gradients.InitialState - start.grad!).abs().max().item<double>());
        Assert.AreEqual(0, (gradients.Times! - grid.grad!).abs().max().item<double>());
        Tensor parameters = cat([.. layer.Term.Parameters.Select(p => p.grad!.view(-1))]);
        Assert.AreEqual(0, (gradients.Parameters - parameters).abs().max().item<double>());
    }

    [TestMethod]
    public void The_memory_of_the_gradient_does_not_grow_with_the_number_of_steps()
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        Tensor start = Start(2);
        long few = Peak(50);
        long many = Peak(500);
        Assert.IsLessThan(few + 40, many, $"{few} tensors at 50 steps, {many} at 500");

        long Peak(int steps)
        {
            using DisposeScope inner = NewDisposeScope();
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            long peak = 0;
            var term = new RowFunctionTerm((t, z) =>
            {
                peak = Math.Max(peak, DisposeScopeManager.Statistics.ThreadTotalLiveCount - before);
                return dynamics.Evaluate(t, z);
            });
            var options = new OdeOptions { StepControl = new FixedStepControl(1.0 / steps), MaximumCheckpoints = 4, Method = OdeMethods.Midpoint };
            using OdeSolution solution = OdeSolver.Solve(term, start, [[0, 1.0], [1.0, 0]], options, differentiable: true);
            using OdeGradients gradients = solution.Backward(ones_like(solution.States));
            return peak;
        }
    }

    [TestMethod]
    public void Cancellation_is_noticed_in_both_directions()
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        using var source = new CancellationTokenSource();
        OdeOptions options = Tight with { CancellationToken = source.Token };
        using OdeSolution solution = OdeSolver.Solve(dynamics, Start(1), [[0, 1.0]], options, differentiable: true);
        source.Cancel();
        Assert.ThrowsExactly<OperationCanceledException>(() => solution.Backward(ones_like(solution.States)));
        Assert.ThrowsExactly<OperationCanceledException>(() => OdeSolver.Solve(dynamics, Start(1), [[0, 1.0]], options));
    }

    [TestMethod]
    public void Times_that_are_not_sorted_and_of_one_length_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        foreach (double[][] times in (double[][][])[[[0, 1]], [[0, 1], [0]], [[], []], [[0, 1, 0.5], [0, 1, 2]], [[0, double.NaN], [0, 1]], [[0, 1, 0], [0, 1, 2]]])
        {
            Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(dynamics, Start(2), times));
        }
    }

    [TestMethod]
    public void Modules_differentiated_by_autograd_serve_as_well()
    {
        using DisposeScope scope = NewDisposeScope();
        Golden golden = Golden.Load("ode_mlp");
        var term = new AutogradOdeTerm(GoldenDynamics.Autograd(golden));
        double[] times = [.. golden["t"].data<double>()];
        using OdeSolution solution = OdeSolver.Solve(term, golden["z0"], [.. Enumerable.Repeat(times, 8)], Tight, differentiable: true);
        golden.AssertMatches("z", solution.States, 1e-8);
        Tensor gradient = zeros_like(solution.States);
        gradient[1] = ones_like(gradient[1]);
        gradient[3] = solution.States[3] * 2;
        using OdeGradients gradients = solution.Backward(gradient);
        golden.AssertMatches("grad_z0", gradients.InitialState, 1e-8);
    }

    [TestMethod]
    public void A_solve_leaves_nothing_behind()
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        Tensor start = Start(2);
        Run();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Run()
        {
            using DisposeScope inner = NewDisposeScope();
            using OdeSolution solution = OdeSolver.Solve(dynamics, start, [[0, 1.0], [0, 2.0]], differentiable: true);
            using OdeGradients gradients = solution.Backward(ones_like(solution.States));
        }
    }

    private static MlpDynamics Dynamics()
    {
        using var generator = new Generator(4);
        var dynamics = new MlpDynamics(3, [8], generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        return dynamics;
    }

    private static Tensor Start(int rows)
    {
        using var generator = new Generator(5);
        return randn([rows, 3], ScalarType.Float64, generator: generator);
    }
}
