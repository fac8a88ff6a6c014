using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

/// <summary>The checkpointed adjoint is the derivative of the solution that the steps give, however long they are.</summary>
[TestClass]
public sealed class DiscreteAdjointTests
{
    private const double Step = 1e-5;

    // Steps of a size of their own, so that outputs lie inside them: no error estimate reaches the tolerance.
    private static readonly PiStepControl Interpolated = new() { RelativeTolerance = 1e3, AbsoluteTolerance = 1e3, InitialStep = 0.35, MaximumStep = 0.35 };

    public static IEnumerable<object[]> Cases =>
    [
        [OdeMethods.Euler, new FixedStepControl(0.2)], [OdeMethods.RungeKutta4, new FixedStepControl(0.2)], [OdeMethods.ThreeEighths, new FixedStepControl(0.2)],
        [OdeMethods.AdamsBashforthMoulton, new FixedStepControl(0.05)], [OdeMethods.Kvaerno3, new FixedStepControl(0.2)], [OdeMethods.Kvaerno5, new FixedStepControl(0.2)],
        [OdeMethods.Heun, Interpolated], [OdeMethods.Bosh3, Interpolated], [OdeMethods.Dopri5, Interpolated], [OdeMethods.Tsit5, Interpolated], [OdeMethods.Dopri8, Interpolated],
    ];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Gradients_equal_finite_differences_of_the_same_steps(OdeMethod method, OdeStepControl control)
    {
        foreach (double[] times in (double[][])[[0, 0.5, 1.2], [1.2, 0.4, 0]])
        {
            foreach (int checkpoints in (int[])[2, 64])
            {
                AssertEqualsFiniteDifferences(new OdeOptions { Method = method, StepControl = control, MaximumCheckpoints = checkpoints }, times);
            }
        }
    }

    [TestMethod]
    public void The_gradient_of_a_stiff_problem_is_that_of_its_slow_solution()
    {
        // z' = -λ(z - θ cos t) forgets its start and follows θ(cos t + sin t / λ). Solved backward in time it would grow like exp(λ).
        using DisposeScope scope = NewDisposeScope();
        const double Stiffness = 1e5;
        using var module = new Relaxation(Stiffness);
        var options = new OdeOptions { Method = OdeMethods.Kvaerno5, StepControl = new PiStepControl { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-8 } };
        using OdeSolution solution = OdeSolver.Solve(new AutogradOdeTerm(module), tensor(new[,] { { 2.0 } }), [0, 1], options, differentiable: true);
        Assert.IsLessThan(300, solution.Statistics.AcceptedSteps);
        using OdeGradients gradients = solution.Backward(tensor(new[] { 0.0, 1.0 }).view(2, 1, 1));
        Assert.AreEqual(Math.Cos(1) + (Math.Sin(1) / Stiffness), gradients.Parameters.item<double>(), 1e-6);
        Assert.AreEqual(0, gradients.InitialState.item<double>(), 1e-6);
    }

    private static void AssertEqualsFiniteDifferences(OdeOptions options, double[] times)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(6);
        using var dynamics = new MlpDynamics(2, [4], generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        Tensor start = tensor(new[,] { { 0.4, -0.3 }, { -1.0, 0.8 } });
        Tensor weights = randn([times.Length, 2, 2], ScalarType.Float64, generator: generator);
        using OdeSolution solution = OdeSolver.Solve(dynamics, start, times, options, differentiable: true);
        using OdeGradients gradients = solution.Backward(weights);
        Tensor[] variables = [start, .. dynamics.Parameters];
        Tensor gradient = cat([gradients.InitialState.view(-1), gradients.Parameters]);
        for (int i = 0; i < 3; i++)
        {
            Tensor direction = randn([gradient.numel()], ScalarType.Float64, generator: generator);
            double expected = (Scalar(direction * Step) - Scalar(direction * -Step)) / (2 * Step);
            Assert.AreEqual(expected, (gradient * direction).sum().item<double>(), 1e-7, $"{options.Method}, {options.MaximumCheckpoints} checkpoints, direction {i}");
        }

        double Scalar(Tensor displacement)
        {
            using IDisposable noGrad = no_grad();
            Tensor[] parts = displacement.split([.. variables.Select(v => v.numel())]);
            Tensor[] values = [.. variables.Select(v => v.clone())];
            Assign(i => values[i] + parts[i].view(values[i].shape));
            using OdeSolution at = OdeSolver.Solve(dynamics, start, times, options);
            Assign(i => values[i]);
            return (at.States * weights).sum().item<double>();
        }

        void Assign(Func<int, Tensor> value)
        {
            for (int i = 0; i < variables.Length; i++)
            {
                variables[i].copy_(value(i));
            }
        }
    }

    private sealed class Relaxation : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly double _stiffness;
        private readonly TorchSharp.Modules.Parameter _target = new(ones(1, ScalarType.Float64));

        public Relaxation(double stiffness)
            : base(nameof(Relaxation))
        {
            _stiffness = stiffness;
            RegisterComponents();
        }

        public override Tensor forward(Tensor time, Tensor state) => (state - (_target * time.cos())) * -_stiffness;
    }
}
