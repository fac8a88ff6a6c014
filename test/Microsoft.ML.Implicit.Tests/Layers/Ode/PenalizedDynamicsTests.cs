using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Cuda;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

[TestClass]
public sealed class PenalizedDynamicsTests
{
    private const DynamicsPenalties All = DynamicsPenalties.KineticEnergy | DynamicsPenalties.JacobianNorm | DynamicsPenalties.SecondDerivative;
    private const double Time = 0.4;

    [TestMethod]
    public void The_pullback_equals_finite_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        (PenalizedDynamics dynamics, Tensor z, _) = Create([5, 4]);
        Tensor state = dynamics.Extend(z);
        Tensor cotangent = Random([2, 6], 4);
        Tensor parameters = zeros(dynamics.Parameters.Sum(p => p.numel()), ScalarType.Float64);
        using OdeLinearization linearization = dynamics.Linearize(Time, state);
        Tensor gradient = linearization.Pullback(cotangent, parameters);
        double Scalar()
        {
            using Tensor value = dynamics.Evaluate(Time, state);
            return (value * cotangent).sum().item<double>();
        }

        Assert.IsLessThan(1e-7, (FiniteDifferences.Gradient(state, Scalar) - gradient).abs().max().item<double>());
        Tensor expected = cat([.. dynamics.Parameters.Select(p => FiniteDifferences.Gradient(p, Scalar).view(-1))]);
        Assert.IsLessThan(1e-7, (expected - parameters).abs().max().item<double>());
    }

    [TestMethod]
    public void Penalties_equal_their_definitions()
    {
        using DisposeScope scope = NewDisposeScope();
        (PenalizedDynamics penalized, Tensor z, MlpDynamics dynamics) = Create([5]);
        Tensor value = penalized.Evaluate(Time, penalized.Extend(z));
        Tensor slope = dynamics.Evaluate(Time, z);
        Tensor direction = Random([2, 3], 3);
        Tensor along = Derivative(h => dynamics.Evaluate(Time, z + (direction * h)));
        Tensor second = Derivative(h => dynamics.Evaluate(Time + h, z + (slope * h)));
        Assert.IsLessThan(1e-12, (slope.square().mean([1]) - value.select(1, 3)).abs().max().item<double>());
        Assert.IsLessThan(1e-8, (along.square().mean([1]) - value.select(1, 4)).abs().max().item<double>());
        Assert.IsLessThan(1e-8, (second.square().mean([1]) - value.select(1, 5)).abs().max().item<double>());
    }

    [TestMethod]
    public void Training_on_a_penalty_lowers_it()
    {
        using DisposeScope scope = NewDisposeScope();
        (PenalizedDynamics dynamics, Tensor z, _) = Create([5]);
        double before = double.NaN;
        for (int epoch = 0; epoch < 20; epoch++)
        {
            using DisposeScope inner = NewDisposeScope();
            using OdeSolution solution = OdeSolver.Solve(dynamics, dynamics.Extend(z), [0, 1], differentiable: true);
            Tensor penalties = solution.States[1].narrow(1, 3, 3);
            double total = penalties.sum().item<double>();
            before = double.IsNaN(before) ? total : before;
            if (epoch == 19)
            {
                Assert.IsLessThan(0.7 * before, total);
            }

            Tensor gradient = zeros_like(solution.States);
            gradient[1].narrow(1, 3, 3).fill_(1);
            using OdeGradients gradients = solution.Backward(gradient);
            Descend(dynamics.Parameters, gradients.Parameters);
        }
    }

    public static IEnumerable<object[]> Kernels =>
        from penalties in new[] { DynamicsPenalties.None, DynamicsPenalties.KineticEnergy, DynamicsPenalties.JacobianNorm, DynamicsPenalties.KineticEnergy | DynamicsPenalties.JacobianNorm }
        from isGated in new[] { false, true }
        select new object[] { penalties, isGated };

    [TestMethod]
    [DynamicData(nameof(Kernels))]
    public void Managed_and_tensor_evaluation_give_the_same_solution_and_gradients(DynamicsPenalties penalties, bool isGated)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3);
        PerceptronDynamics dynamics = isGated
            ? new FlowDynamics(3, [6, 5], generator, time: FlowTimeConditioning.ConcatSquash)
            : new MlpDynamics(3, [6, 5], generator, DynamicsActivation.Softplus, TimeConditioning.Concatenate);
        var penalized = new PenalizedDynamics(dynamics, penalties, randn([37, 3], generator: generator));
        Tensor start = penalized.Extend(randn([37, 3], generator: generator));
        Tensor weights = randn([3, .. start.shape], generator: generator);
        using (ManagedDynamics? evaluation = ((IManagedOdeTerm)penalized).CreateManagedDynamics(start))
        {
            Assert.IsNotNull(evaluation);
        }

        OdeOptions options = new() { StepControl = new FixedStepControl(0.2), MaximumCheckpoints = 3 };
        using OdeSolution managed = OdeSolver.Solve(penalized, start, [0, 0.4, 1], options, differentiable: true);
        using OdeSolution tensors = OdeSolver.Solve(new TensorsOnly(penalized), start, [0, 0.4, 1], options, differentiable: true);
        Assert.AreEqual(tensors.Statistics, managed.Statistics);
        AssertClose(tensors.States, managed.States);
        using OdeGradients expected = tensors.Backward(weights);
        using OdeGradients actual = managed.Backward(weights);
        AssertClose(expected.InitialState, actual.InitialState);
        AssertClose(expected.Parameters, actual.Parameters);
    }

    [TestMethod]
    [DataRow(DynamicsPenalties.KineticEnergy, true)]
    [DataRow(DynamicsPenalties.JacobianNorm, true)]
    [DataRow(DynamicsPenalties.KineticEnergy | DynamicsPenalties.JacobianNorm, false)]
    [DataRow(DynamicsPenalties.SecondDerivative, false)]
    public void Device_code_takes_one_penalty(DynamicsPenalties penalties, bool isTaken)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3);
        var dynamics = new MlpDynamics(3, [6], generator);
        var penalized = new PenalizedDynamics(dynamics, penalties, ones(8, 3));
        Tensor start = penalized.Extend(ones(8, 3));
        using CudaDynamics? code = ((ICudaOdeTerm)penalized).CreateCudaDynamics(start);
        Assert.AreEqual(isTaken, code is not null);
        Assert.AreEqual(isTaken ? 4 : 0, code?.Size.Dimension ?? 0);
    }

    [TestMethod]
    public void Second_derivatives_are_left_to_tensor_operations_and_gates_have_none()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3);
        var penalized = new PenalizedDynamics(new MlpDynamics(3, [5], generator), DynamicsPenalties.SecondDerivative);
        Assert.IsNull(((IManagedOdeTerm)penalized).CreateManagedDynamics(penalized.Extend(ones(4, 3))));
        var gated = new FlowDynamics(3, [5], generator, time: FlowTimeConditioning.ConcatSquash);
        Assert.ThrowsExactly<ArgumentException>(() => new PenalizedDynamics(gated, DynamicsPenalties.SecondDerivative));
    }

    [TestMethod]
    public void A_direction_for_other_rows_is_refused_before_a_kernel_reads_it()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3);
        var penalized = new PenalizedDynamics(new MlpDynamics(3, [5], generator), DynamicsPenalties.JacobianNorm, ones(4, 3));
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(penalized, penalized.Extend(ones(64, 3)), [0, 1]));
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(penalized, ones(4, 3), [0, 1]));
    }

    private static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.IsLessThan(1e-5, ((expected - actual).abs().max() / expected.abs().max()).item<float>());

    private static void Descend(IReadOnlyList<Tensor> parameters, Tensor gradient)
    {
        using IDisposable noGrad = no_grad();
        long offset = 0;
        foreach (Tensor parameter in parameters)
        {
            parameter.add_(gradient.narrow(0, offset, parameter.numel()).view(parameter.shape), alpha: -0.02);
            offset += parameter.numel();
        }
    }

    private static Tensor Derivative(Func<double, Tensor> function) => (function(1e-5) - function(-1e-5)) / 2e-5;

    private static (PenalizedDynamics Penalized, Tensor State, MlpDynamics Dynamics) Create(long[] hidden)
    {
        using var generator = new Generator(3);
        var dynamics = new MlpDynamics(3, hidden, generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        return (new PenalizedDynamics(dynamics, All, Random([2, 3], 3)), Random([2, 3], 1), dynamics);
    }

    private static Tensor Random(long[] shape, ulong seed)
    {
        using var generator = new Generator(seed);
        return randn(shape, ScalarType.Float64, generator: generator);
    }
}
