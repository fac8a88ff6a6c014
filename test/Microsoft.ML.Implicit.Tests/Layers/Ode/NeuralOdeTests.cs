using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

[TestClass]
public sealed class NeuralOdeTests
{
    public static IEnumerable<object[]> FixedStepMethods =>
        from method in new OdeMethod[] { OdeMethods.Euler, OdeMethods.Midpoint, OdeMethods.Heun, OdeMethods.RungeKutta4, OdeMethods.Bosh3, OdeMethods.Dopri5 }
        select new object[] { method };

    public static IEnumerable<object[]> AdaptiveMethods =>
        from method in new OdeMethod[] { OdeMethods.Heun, OdeMethods.Bosh3, OdeMethods.Dopri5, OdeMethods.Tsit5, OdeMethods.Dopri8 }
        select new object[] { method };

    [TestMethod]
    [DynamicData(nameof(FixedStepMethods))]
    public void The_checkpointed_adjoint_equals_backpropagation_to_rounding_with_fixed_steps(OdeMethod method) =>
        AssertAdjointsAgree(new OdeOptions { Method = method, StepControl = new FixedStepControl(0.3), MaximumCheckpoints = 2 });

    [TestMethod]
    [DynamicData(nameof(AdaptiveMethods))]
    public void The_checkpointed_adjoint_equals_backpropagation_to_rounding_with_interpolated_outputs(OdeMethod method) =>
        AssertAdjointsAgree(new OdeOptions { Method = method, StepControl = new PiStepControl { RelativeTolerance = 1e-3, AbsoluteTolerance = 1e-3 } });

    [TestMethod]
    public void A_backward_pass_through_owned_calls_leaves_nothing_behind()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(4);
        var layer = new NeuralOde(new MlpDynamics(2, [8], generator, time: TimeConditioning.Concatenate));
        Tensor start = ones(3, 2);
        Run();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Run()
        {
            using DisposeScope inner = NewDisposeScope();
            using OdeSolution solution = layer.Solve(start, [0, 0.7, 1.5], differentiable: true);
            using OdeGradients gradients = solution.Backward(ones_like(solution.States), timeGradients: true);
        }
    }

    [TestMethod]
    public void The_memory_of_the_checkpointed_adjoint_does_not_grow_with_the_number_of_steps()
    {
        using DisposeScope scope = NewDisposeScope();
        long few = PeakOfLiveTensors(steps: 100);
        long many = PeakOfLiveTensors(steps: 1600);
        Assert.IsLessThan(few + 40, many, $"{few} tensors at 100 steps, {many} at 1600");

        static long PeakOfLiveTensors(int steps)
        {
            using DisposeScope inner = NewDisposeScope();
            using var generator = new Generator(4);
            using var dynamics = new MlpDynamics(2, [4], generator);
            var watched = new WatchedTerm(dynamics);
            var options = new OdeOptions { StepControl = new FixedStepControl(1.0 / steps), MaximumCheckpoints = 8, Method = OdeMethods.Midpoint };
            using OdeSolution solution = OdeSolver.Solve(watched, ones(1, 2), [0, 1], options, differentiable: true);
            using OdeGradients gradients = solution.Backward(ones_like(solution.States));
            return watched.Peak;
        }
    }

    [TestMethod]
    public void Flat_gradients_are_added_to_the_parameters()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(4);
        var layer = new NeuralOde(new MlpDynamics(2, [8], generator));
        using OdeSolution solution = layer.Solve(ones(3, 2), [0, 1], differentiable: true);
        using OdeGradients gradients = solution.Backward(ones_like(solution.States));
        gradients.AccumulateInto(layer.Term.Parameters);
        gradients.AccumulateInto(layer.Term.Parameters);
        Tensor flat = cat([.. layer.Term.Parameters.Select(p => p.grad!.view(-1))]);
        Assert.IsLessThan(1e-6f, (flat - gradients.Parameters * 2).abs().max().item<float>());
    }

    [TestMethod]
    public void An_error_inside_a_backward_pass_reaches_the_caller()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(4);
        var layer = new NeuralOde(new MlpDynamics(2, [8], generator), new OdeOptions { MaximumSteps = 2, ThrowOnFailure = false });
        Tensor start = ones(3, 2).requires_grad_();
        Tensor loss = layer.forward(start, tensor(new[] { 0f, 50f })).sum();
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => ImplicitBackward.Run(() => loss.backward()));
        Assert.AreEqual(SolveStatus.MaximumIterations, exception.Status);
        Assert.IsTrue(start.grad!.isnan().all().item<bool>());
    }

    [TestMethod]
    public void A_second_derivative_of_an_implicit_method_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(4);
        var layer = new NeuralOde(new MlpDynamics(2, [8], generator), new OdeOptions { Method = OdeMethods.Kvaerno5 });
        Tensor start = ones(3, 2).requires_grad_();
        Tensor loss = layer.forward(start, tensor(new[] { 0f, 1f })).square().sum();
        Assert.ThrowsExactly<NotSupportedException>(() => ImplicitBackward.Run(() => autograd.grad([loss], [start], create_graph: true)));
    }

    [TestMethod]
    public void States_and_times_that_do_not_fit_the_dynamics_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(4);
        var layer = new NeuralOde(new MlpDynamics(2, [8], generator));
        Tensor times = tensor(new[] { 0f, 1f });
        ArgumentException width = Assert.ThrowsExactly<ArgumentException>(() => layer.forward(ones(3, 4), times));
        StringAssert.Contains(width.Message, "[3, 4]");
        ArgumentException type = Assert.ThrowsExactly<ArgumentException>(() => layer.forward(ones(3, 2, ScalarType.Float64), times));
        StringAssert.Contains(type.Message, "Float32");
        Assert.ThrowsExactly<ArgumentException>(() => layer.forward(ones(3, 2), ones(2, 2, 2)));
        Assert.ThrowsExactly<ArgumentException>(() => layer.forward(ones(3, 2), tensor(new[,] { { 0f, 1f } })));
        Assert.ThrowsExactly<ArgumentException>(() => layer.forward(ones(3, 2), tensor(new[] { 0f, float.NaN })));
        Assert.ThrowsExactly<ArgumentException>(() => layer.forward(ones(3, 2), zeros(0)));
    }

    [TestMethod]
    public void Inference_builds_no_graph()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using var generator = new Generator(4);
        var layer = new NeuralOde(new MlpDynamics(2, [8], generator));
        Assert.IsFalse(layer.forward(ones(3, 2), tensor(new[] { 0f, 1f })).requires_grad);
    }

    [TestMethod]
    public void Two_threads_give_the_same_result_as_one()
    {
        double[] results = new double[4];
        Parallel.For(0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i => results[i] = Train());
        Assert.IsTrue(results.All(r => r == results[0]));

        static double Train()
        {
            using DisposeScope scope = NewDisposeScope();
            using var generator = new Generator(4);
            var layer = new NeuralOde(new MlpDynamics(2, [8], generator));
            Tensor loss = layer.forward(ones(3, 2), tensor(new[] { 0f, 1f })).square().sum();
            ImplicitBackward.Run(() => loss.backward());
            return layer.Term.Parameters.Sum(p => p.grad!.sum().item<float>());
        }
    }

    private static void AssertAdjointsAgree(OdeOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(4);
        var dynamics = new MlpDynamics(3, [8], generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        Tensor start = randn([4, 3], ScalarType.Float64, generator: generator);
        double[] times = [2.0, 1.95, 1.9, 1.1, 0.2, 0.0];
        Tensor weights = randn([times.Length, 4, 3], ScalarType.Float64, generator: generator);
        using OdeGradients adjoint = Gradients(OdeGradientMethod.CheckpointedAdjoint);
        using OdeGradients backpropagated = Gradients(OdeGradientMethod.Backpropagation);
        Assert.IsLessThan(1e-12, (adjoint.InitialState - backpropagated.InitialState).abs().max().item<double>());
        Assert.IsLessThan(1e-11, (adjoint.Parameters - backpropagated.Parameters).abs().max().item<double>());

        OdeGradients Gradients(OdeGradientMethod method)
        {
            using OdeSolution solution = OdeSolver.Solve(dynamics, start, times, options with { GradientMethod = method }, differentiable: true);
            return solution.Backward(weights);
        }
    }

    /// <summary>Notes the largest number of tensors that were alive at an evaluation.</summary>
    private sealed class WatchedTerm(MlpDynamics inner) : IDifferentiableOdeTerm
    {
        private readonly long _before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        public long Peak { get; private set; }

        public IReadOnlyList<Tensor> Parameters => inner.Parameters;

        public Tensor Evaluate(double time, Tensor state)
        {
            Note();
            return inner.Evaluate(time, state);
        }

        public OdeLinearization Linearize(double time, Tensor state)
        {
            Note();
            return inner.Linearize(time, state);
        }

        private void Note() => Peak = Math.Max(Peak, DisposeScopeManager.Statistics.ThreadTotalLiveCount - _before);
    }
}
