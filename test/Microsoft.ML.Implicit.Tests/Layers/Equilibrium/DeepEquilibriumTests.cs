using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

[TestClass]
public class DeepEquilibriumTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DataRow(EquilibriumGradient.JacobianFree, false)]
    [DataRow(EquilibriumGradient.JacobianFree, true)]
    [DataRow(EquilibriumGradient.Phantom, false)]
    [DataRow(EquilibriumGradient.Phantom, true)]
    public void Approximate_gradients_point_along_the_exact_one(EquilibriumGradient gradient, bool ownedLoop)
    {
        Tensor exact = ParameterGradient(EquilibriumGradient.Implicit, ownedLoop);
        Tensor approximate = ParameterGradient(gradient, ownedLoop);
        double cosine = (exact.dot(approximate) / exact.norm() / approximate.norm()).item<double>();
        Assert.IsGreaterThan(0.8, cosine);
        Assert.IsLessThan(1 - 1e-9, cosine, "an approximation is not the exact gradient");
    }

    [TestMethod]
    public void A_phantom_gradient_of_many_steps_is_exact()
    {
        Tensor exact = ParameterGradient(EquilibriumGradient.Implicit, ownedLoop: true);
        Tensor phantom = ParameterGradient(EquilibriumGradient.Phantom, ownedLoop: true, phantomSteps: 400);
        Assert.IsTrue(phantom.allclose(exact, 1e-6, 1e-9));
    }

    [TestMethod]
    public void The_adjoint_solved_apart_gives_the_gradient_of_the_owned_loop()
    {
        Tensor expected = ParameterGradient(EquilibriumGradient.Implicit, ownedLoop: true);
        CellCase test = CellCase.Dense();
        using var layer = new DeepEquilibrium(test.Cell, Exact);
        Tensor z = layer.Solve(test.X).Solution;
        Tensor adjoint = layer.SolveAdjoint(z, test.X, 2 * z);
        test.Cell.forward(z, test.X).backward([adjoint]);
        Assert.IsTrue(Flat(test.Cell).allclose(expected, 1e-8, 1e-10));
    }

    [TestMethod]
    public void A_warm_start_at_the_equilibrium_saves_iterations()
    {
        CellCase test = CellCase.Dense();
        using var layer = new DeepEquilibrium(test.Cell);
        FixedPointResult cold = layer.Solve(test.X);
        FixedPointResult warm = layer.Solve(test.X, cold.Solution);
        Assert.IsLessThan(cold.Iterations, warm.Iterations);
        Assert.AreEqual(1, warm.Iterations);
    }

    [TestMethod]
    public void Without_a_graph_there_is_no_gradient_and_nothing_is_left()
    {
        CellCase test = CellCase.Dense();
        using var layer = new DeepEquilibrium(test.Cell);
        using IDisposable noGraph = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor z = layer.call(test.X);
        Assert.IsFalse(z.requires_grad);
        Assert.AreEqual(1, scope.DisposablesCount);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void A_training_step_leaves_nothing_behind(bool ownedLoop)
    {
        CellCase test = CellCase.Dense();
        using var layer = new DeepEquilibrium(new WithoutClosedForm(test.Cell));
        long[] live = new long[4];
        for (int step = 0; step < live.Length; step++)
        {
            using (NewDisposeScope())
            {
                Pass(layer, test.X, ownedLoop);
            }

            live[step] = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        }

        Assert.AreEqual(live[1], live[3]);
    }

    [TestMethod]
    public void An_error_inside_a_backward_pass_reaches_the_caller_with_its_message()
    {
        CellCase test = CellCase.Dense();
        var cell = new ThrowingCell(test.Cell);
        using var layer = new DeepEquilibrium(cell);
        Tensor loss = layer.call(test.X).square().sum();
        cell.Throws = true;
        TimeoutException exception = Assert.ThrowsExactly<TimeoutException>(() => ImplicitBackward.Run(() => loss.backward()));
        Assert.AreEqual("the cell failed", exception.Message);
        Assert.IsTrue(test.Cell.parameters().All(p => p.grad is null || p.grad.isnan().any().item<bool>()), "a failed gradient must not look like one");

        cell.Throws = false;
        layer.zero_grad();
        loss = layer.call(test.X).square().sum();
        ImplicitBackward.Run(() => loss.backward());
        Assert.IsTrue(test.Cell.parameters().All(p => p.grad!.isfinite().all().item<bool>()));
    }

    [TestMethod]
    public void An_error_in_an_owned_loop_reaches_the_caller()
    {
        CellCase test = CellCase.Dense();
        using var layer = new DeepEquilibrium(new ThrowingCell(test.Cell) { Throws = true });
        Assert.ThrowsExactly<TimeoutException>(() => layer.Backward(test.X, z => z.sum()));
    }

    [TestMethod]
    public void A_failed_solve_throws_unless_asked_not_to()
    {
        CellCase test = CellCase.Dense();
        var solver = new PicardSolver(new PicardSettings { MaximumIterations = 2, RelativeTolerance = 1e-12 });
        using var quiet = new DeepEquilibrium(test.Cell, new EquilibriumSettings { ForwardSolver = solver, ThrowOnFailure = false });
        Assert.AreEqual(SolveStatus.MaximumIterations, quiet.Solve(test.X).Statuses[0]);
        using var strict = new DeepEquilibrium(test.Cell, new EquilibriumSettings { ForwardSolver = solver });
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => strict.Solve(test.X));
        Assert.AreEqual(SolveStatus.MaximumIterations, exception.Status);
        StringAssert.Contains(exception.Message, "equilibrium", StringComparison.Ordinal);
        Assert.ThrowsExactly<SolveFailedException>(() => strict.call(test.X));
    }

    [TestMethod]
    public void Cancellation_ends_an_owned_loop()
    {
        CellCase test = CellCase.Dense();
        using var layer = new DeepEquilibrium(test.Cell);
        Assert.ThrowsExactly<OperationCanceledException>(() => layer.Backward(test.X, z => z.sum(), cancellationToken: new CancellationToken(canceled: true)));
    }

    [TestMethod]
    public void A_loss_that_ignores_the_equilibrium_gives_no_gradient()
    {
        CellCase test = CellCase.Dense();
        using var layer = new DeepEquilibrium(test.Cell);
        Tensor weight = ones(1, ScalarType.Float64).requires_grad_();
        EquilibriumBackward pass = layer.Backward(test.X, _ => weight.sum());
        Assert.AreEqual(1, pass.Loss);
        Assert.IsNull(pass.Adjoint);
        Assert.IsTrue(test.Cell.parameters().All(p => p.grad is null));
    }

    [TestMethod]
    public void Two_threads_train_two_models_as_one_thread_does()
    {
        double[] expected = Train();
        double[][] actual = new double[2][];
        Parallel.For(0, 2, i => actual[i] = Train());
        CollectionAssert.AreEqual(expected, actual[0]);
        CollectionAssert.AreEqual(expected, actual[1]);

        static double[] Train()
        {
            using DisposeScope scope = NewDisposeScope();
            CellCase test = CellCase.Dense(dropout: 0.2);
            using var layer = new DeepEquilibrium(test.Cell);
            using optim.Optimizer optimizer = optim.SGD(layer.parameters(), 0.01);
            for (int step = 0; step < 20; step++)
            {
                optimizer.zero_grad();
                Pass(layer, test.X, ownedLoop: step % 2 == 0);
                optimizer.step();
            }

            return Flat(test.Cell, gradient: false).data<double>().ToArray();
        }
    }

    private static EquilibriumSettings Exact
    {
        get
        {
            var solver = new AndersonSolver(new AndersonSettings { RelativeTolerance = 1e-12, AbsoluteTolerance = 0, MaximumIterations = 200 });
            return new EquilibriumSettings { ForwardSolver = solver, BackwardSolver = solver };
        }
    }

    private static Tensor ParameterGradient(EquilibriumGradient gradient, bool ownedLoop, int phantomSteps = 5)
    {
        CellCase test = CellCase.Dense();
        using var layer = new DeepEquilibrium(test.Cell, Exact with { Gradient = gradient, PhantomSteps = phantomSteps });
        Pass(layer, test.X, ownedLoop);
        return Flat(test.Cell);
    }

    private static void Pass(DeepEquilibrium layer, Tensor x, bool ownedLoop)
    {
        if (ownedLoop)
        {
            layer.Backward(x, z => z.square().sum());
            return;
        }

        Tensor loss = layer.call(x).square().sum();
        ImplicitBackward.Run(() => loss.backward());
    }

    private static Tensor Flat(EquilibriumCell cell, bool gradient = true) =>
        cat([.. cell.parameters().Select(p => (gradient ? p.grad! : p.detach()).reshape(-1))]).clone();
}
