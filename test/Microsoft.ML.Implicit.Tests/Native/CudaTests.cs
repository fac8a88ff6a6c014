using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Satisfiability;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Cuda;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Satisfiability;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Native;

/// <summary>The GPU gives what the CPU gives. Inconclusive on hosts without CUDA.</summary>
[TestClass]
public sealed class CudaTests
{
    private static readonly ExplicitRungeKutta[] Methods = [OdeMethods.Bosh3, OdeMethods.Dopri5, OdeMethods.Tsit5, OdeMethods.Dopri8];

    [TestInitialize]
    public void RequireCuda()
    {
        if (!cuda.is_available())
        {
            Assert.Inconclusive("This host has no CUDA device.");
        }
    }

    [TestMethod]
    [DataRow(1, 3, 7, 5, 1.0)]
    [DataRow(300, 64, 64, 5, 1.0)]
    [DataRow(20, 10, 200, 3, 0.7)]
    public void Equilibria_and_their_gradients_are_those_of_the_cpu(int rows, int inputs, int width, int memory, double mixing)
    {
        using DisposeScope scope = NewDisposeScope();
        var solver = new AndersonSolver(new AndersonSettings { RelativeTolerance = 0, AbsoluteTolerance = 1e-11, MaximumIterations = 200, Memory = memory, Mixing = mixing });
        Assert.IsNotNull(DeviceAndersonRule.TryCreate(solver.Settings, zeros(rows, width, device: CUDA)));
        (Tensor cpuState, Tensor cpuGradient) = Run(CPU);
        (Tensor state, Tensor gradient) = Run(CUDA);
        AssertClose(cpuState, state);
        AssertClose(cpuGradient, gradient);

        (Tensor State, Tensor Gradient) Run(Device device)
        {
            using var generator = new Generator(1);
            Tensor recurrent = (randn([width, width], ScalarType.Float64, generator: generator) * (0.8 / Math.Sqrt(width))).to(device);
            Tensor input = randn([inputs, width], ScalarType.Float64, generator: generator).to(device);
            Tensor x = randn([rows, inputs], ScalarType.Float64, generator: generator).to(device);
            var cell = new TanhCell(recurrent, input, zeros(width, ScalarType.Float64, device));
            using var layer = new DeepEquilibrium(cell, new EquilibriumSettings { ForwardSolver = solver, BackwardSolver = solver });
            EquilibriumBackward pass = layer.Backward(x, z => z.square().sum());
            Assert.IsTrue(pass.Equilibrium.Statuses.All(status => status == Implicit.Solvers.SolveStatus.Converged));
            return (pass.Equilibrium.Solution, cell.parameters().First().grad!);
        }
    }

    [TestMethod]
    [DataRow(1, 5, 3, 2)]
    [DataRow(70, 64, 51, 25)]
    [DataRow(3, 100, 700, 50)]
    public void Completed_bits_and_their_gradients_are_those_of_the_cpu(int rows, int bits, int clauses, int auxiliaries)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor cpuBits, Tensor cpuGradient) = Run(CPU);
        (Tensor completed, Tensor gradient) = Run(CUDA);
        AssertClose(cpuBits, completed);
        AssertClose(cpuGradient, gradient);

        (Tensor Bits, Tensor Gradient) Run(Device device)
        {
            using var generator = new Generator(1);
            var layer = new MaximumSatisfiability(bits, clauses, auxiliaries, generator, new MixingSettings { MaximumSweeps = 10, Tolerance = 0 }, ScalarType.Float64);
            Tensor values = rand([rows, bits], ScalarType.Float64, generator: generator), isKnown = rand([rows, bits], generator: generator) < 0.5;
            layer.to(device);
            Tensor result = layer.forward(values.to(device), isKnown.to(device));
            ImplicitBackward.Run(() => result.square().sum().backward());
            return (result.detach().cpu(), layer.parameters().Single().grad!.cpu());
        }
    }

    [TestMethod]
    [DataRow("Dopri5", 37, 3, 20, TimeConditioning.Concatenate, DynamicsActivation.Tanh)]
    [DataRow("Tsit5", 1, 1, 5, TimeConditioning.None, DynamicsActivation.Softplus)]
    [DataRow("Bosh3", 700, 2, 33, TimeConditioning.Concatenate, DynamicsActivation.Softplus)]
    [DataRow("Dopri8", 5000, 4, 17, TimeConditioning.None, DynamicsActivation.Tanh)]
    public void Differential_equations_and_their_gradients_are_those_of_the_cpu(string method, int rows, int dimension, int width, TimeConditioning time, DynamicsActivation activation)
    {
        using DisposeScope scope = NewDisposeScope();
        var options = new OdeOptions
        {
            Method = Methods.Single(m => m.Name == method),
            StepControl = new PiStepControl { RelativeTolerance = 1e-5, AbsoluteTolerance = 1e-5 },
            MaximumCheckpoints = 4,
        };
        Tensor[] expected = Run(CPU);
        Tensor[] actual = Run(CUDA);
        for (int i = 0; i < expected.Length; i++)
        {
            AssertClose(expected[i], actual[i]);
        }

        Tensor[] Run(Device device)
        {
            using var generator = new Generator(2);
            using var dynamics = new MlpDynamics(dimension, [width, width + 3], generator, activation, time);
            Tensor start = randn([rows, dimension], ScalarType.Float64, generator: generator).to(device);
            Tensor cotangents = randn([5, rows, dimension], ScalarType.Float64, generator: generator).to(device);
            dynamics.to(ScalarType.Float64).to(device);
            if (device.type == DeviceType.CUDA)
            {
                using CudaDynamics? code = ((ICudaOdeTerm)dynamics).CreateCudaDynamics(start);
                Assert.IsNotNull(code?.FindKernel("RungeKuttaAdjoint.cu", "rungeKuttaAdjoint", (RungeKutta)options.Method));
            }

            OdeSolution solution = OdeSolver.Solve(dynamics, start, [0, 0.3, 0.31, 1.2, 2], options, differentiable: true);
            OdeGradients gradients = solution.Backward(cotangents);
            return [solution.States, gradients.InitialState, gradients.Parameters];
        }
    }

    [TestMethod]
    [DataRow(DynamicsPenalties.KineticEnergy)]
    [DataRow(DynamicsPenalties.JacobianNorm)]
    [DataRow(DynamicsPenalties.KineticEnergy | DynamicsPenalties.JacobianNorm)]
    public void Penalties_and_their_gradients_are_those_of_the_cpu(DynamicsPenalties penalties)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] expected = Run(CPU);
        Tensor[] actual = Run(CUDA);
        for (int i = 0; i < expected.Length; i++)
        {
            AssertClose(expected[i], actual[i]);
        }

        Tensor[] Run(Device device)
        {
            using var generator = new Generator(4);
            using var dynamics = new FlowDynamics(3, [20, 12], generator);
            dynamics.to(ScalarType.Float64).to(device);
            var penalized = new PenalizedDynamics(dynamics, penalties, randn([301, 3], ScalarType.Float64, generator: generator).to(device));
            Tensor start = penalized.Extend(randn([301, 3], ScalarType.Float64, generator: generator).to(device));
            Tensor cotangents = randn([2, .. start.shape], ScalarType.Float64, generator: generator).to(device);
            OdeSolution solution = OdeSolver.Solve(penalized, start, [0, 1], differentiable: true);
            OdeGradients gradients = solution.Backward(cotangents);
            return [solution.States, gradients.InitialState, gradients.Parameters];
        }
    }

    [TestMethod]
    [DataRow(TraceEstimator.Gaussian, 0.0, 0.0)]
    [DataRow(TraceEstimator.Rademacher, 0.3, 0.2)]
    [DataRow(TraceEstimator.Exact, 0.1, 0.2)]
    public void Flows_and_their_gradients_are_those_of_the_cpu(TraceEstimator trace, double kinetic, double jacobian)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] expected = Run(CPU);
        Tensor[] actual = Run(CUDA);
        for (int i = 0; i < expected.Length; i++)
        {
            AssertClose(expected[i], actual[i]);
        }

        Tensor[] Run(Device device)
        {
            using var generator = new Generator(3);
            var dynamics = new FlowDynamics(3, [20, 12], generator);
            using var flow = new NormalizingFlow(dynamics, new FlowOptions { Trace = trace, KineticPenalty = kinetic, JacobianPenalty = jacobian });
            flow.to(ScalarType.Float64).to(device);
            Tensor x = randn([301, 3], ScalarType.Float64, generator: generator).to(device);
            flow.Backward(x, generator);
            return [flow.LogDensity(x), .. flow.parameters().Select(parameter => parameter.grad!)];
        }
    }

    [TestMethod]
    [DataRow(50)]
    [DataRow(10_000)]
    public void Quadratic_programs_and_their_gradients_are_those_of_the_cpu(int rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] expected = Run(CPU);
        Tensor[] actual = Run(CUDA);
        for (int i = 0; i < expected.Length; i++)
        {
            AssertClose(expected[i], actual[i]);
        }

        Tensor[] Run(Device device)
        {
            using var generator = new Generator(4);
            Tensor factor = Normal(8, 8);
            Tensor q = factor.mm(factor.t()) + eye(8, dtype: ScalarType.Float64);
            Tensor p = Normal(rows, 8), g = Normal(6, 8), h = rand([rows, 6], ScalarType.Float64, generator: generator) + 0.1, a = Normal(2, 8), b = zeros(2, ScalarType.Float64);
            var problem = new QuadraticProblem(q.to(device), p.to(device), g.to(device), h.to(device), a.to(device), b.to(device), full(8, -1.0, ScalarType.Float64, device));
            QuadraticSolution solution = new InteriorPointSolver().Solve(problem);
            solution.ThrowIfFailed();
            QuadraticGradients gradients = solution.Backward(ones_like(solution.Z), wanted: QuadraticArguments.All);
            return [solution.Z, solution.Lambda, solution.Nu, gradients.P!, gradients.Q!, gradients.H!];

            Tensor Normal(params long[] shape) => randn(shape, ScalarType.Float64, generator: generator);
        }
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        double scale = Math.Max(1, expected.abs().max().item<double>());
        Assert.AreEqual(0, (expected - actual.cpu()).abs().max().item<double>() / scale, 1e-8);
    }
}
