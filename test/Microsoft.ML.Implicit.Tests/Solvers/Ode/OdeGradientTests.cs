using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Tests.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

/// <summary>What holds for every way to compute gradients.</summary>
[TestClass]
public sealed class OdeGradientTests
{
    private static readonly OdeOptions Tight = new() { StepControl = new PiStepControl { RelativeTolerance = 1e-11, AbsoluteTolerance = 1e-11 } };

    [TestMethod]
    [DataRow(OdeGradientMethod.CheckpointedAdjoint)]
    [DataRow(OdeGradientMethod.BacksolveAdjoint)]
    [DataRow(OdeGradientMethod.Backpropagation)]
    public void Gradients_of_state_and_times_equal_finite_differences_in_both_directions_of_time(OdeGradientMethod method)
    {
        foreach (double[] values in (double[][])[[0, 0.5, 1.2], [1.2, 0.4, -0.3]])
        {
            using DisposeScope scope = NewDisposeScope();
            using MlpDynamics dynamics = Dynamics();
            Tensor start = tensor(new[,] { { 0.4, -0.3 }, { -1.0, 0.8 } });
            Tensor times = tensor(values);
            Tensor weights = arange(12, dtype: ScalarType.Float64).view(3, 2, 2).sin();
            using OdeSolution solution = OdeSolver.Solve(dynamics, start, values, Tight with { GradientMethod = method }, differentiable: true);
            using OdeGradients gradients = solution.Backward(weights, timeGradients: true);
            double Scalar()
            {
                using OdeSolution at = OdeSolver.Solve(dynamics, start, times.data<double>().ToArray(), Tight);
                return (at.States * weights).sum().item<double>();
            }

            Assert.IsLessThan(1e-6, (FiniteDifferences.Gradient(start, Scalar, 1e-4) - gradients.InitialState).abs().max().item<double>());
            Assert.IsLessThan(1e-6, (FiniteDifferences.Gradient(times, Scalar, 1e-4) - gradients.Times!).abs().max().item<double>());
        }
    }

    [TestMethod]
    [DataRow(OdeGradientMethod.CheckpointedAdjoint)]
    [DataRow(OdeGradientMethod.BacksolveAdjoint)]
    [DataRow(OdeGradientMethod.Backpropagation)]
    public void Cancellation_is_noticed_in_the_backward_pass(OdeGradientMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        using var source = new CancellationTokenSource();
        var options = new OdeOptions { GradientMethod = method, CancellationToken = source.Token, StepControl = new FixedStepControl(0.01) };
        using OdeSolution solution = OdeSolver.Solve(dynamics, ones(1, 2, ScalarType.Float64), [0, 1], options, differentiable: true);
        source.Cancel();
        Assert.ThrowsExactly<OperationCanceledException>(() => solution.Backward(ones_like(solution.States)));
    }

    [TestMethod]
    public void Parameter_gradients_do_not_shrink_the_steps_of_the_backsolve()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.AreEqual(Linearizations(0, OdeMethods.Dopri5), Linearizations(1e6, OdeMethods.Dopri5));
        Assert.AreEqual(Linearizations(0, OdeMethods.Kvaerno3), Linearizations(1e6, OdeMethods.Kvaerno3));

        static int Linearizations(double slope, OdeMethod method)
        {
            var term = new Decay(slope);
            var options = new OdeOptions { Method = method, GradientMethod = OdeGradientMethod.BacksolveAdjoint };
            using OdeSolution solution = OdeSolver.Solve(term, ones(1, 1, ScalarType.Float64), [0, 2], options, differentiable: true);
            using OdeGradients gradients = solution.Backward(ones_like(solution.States));
            return term.Linearizations;
        }
    }

    [TestMethod]
    public void The_backsolve_keeps_no_states()
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        var options = new OdeOptions { GradientMethod = OdeGradientMethod.BacksolveAdjoint, StepControl = new FixedStepControl(0.001) };
        Tensor start = ones(1, 2, ScalarType.Float64);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using OdeSolution solution = OdeSolver.Solve(dynamics, start, [0, 1], options, differentiable: true);
        Assert.AreEqual(before + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void Backpropagation_refuses_dynamics_that_autograd_does_not_follow()
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        var penalized = new PenalizedDynamics(dynamics, DynamicsPenalties.KineticEnergy);
        var options = new OdeOptions { GradientMethod = OdeGradientMethod.Backpropagation };
        using OdeSolution solution = OdeSolver.Solve(penalized, penalized.Extend(ones(1, 2, ScalarType.Float64)), [0, 1], options, differentiable: true);
        InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(() => solution.Backward(ones_like(solution.States)));
        StringAssert.Contains(exception.Message, nameof(OdeGradientMethod.CheckpointedAdjoint));
    }

    [TestMethod]
    public void Backpropagation_through_an_implicit_method_is_refused_before_the_solve()
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        var options = new OdeOptions { GradientMethod = OdeGradientMethod.Backpropagation, Method = OdeMethods.Kvaerno5 };
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(dynamics, ones(1, 2, ScalarType.Float64), [0, 1], options, differentiable: true));
    }

    private static MlpDynamics Dynamics()
    {
        using var generator = new Generator(6);
        var dynamics = new MlpDynamics(2, [4], generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        return dynamics;
    }

    /// <summary>z' = -z, with a gradient of its parameter that oscillates at a chosen amplitude.</summary>
    private sealed class Decay(double amplitude) : IDifferentiableOdeTerm
    {
        public int Linearizations { get; private set; }

        public IReadOnlyList<Tensor> Parameters { get; } = [zeros(1, ScalarType.Float64).requires_grad_()];

        public Tensor Evaluate(double time, Tensor state) => state.neg();

        public OdeLinearization Linearize(double time, Tensor state)
        {
            Linearizations++;
            return new Linearization(state.neg(), amplitude * Math.Sin(50 * time));
        }

        private sealed class Linearization(Tensor value, double slope) : OdeLinearization
        {
            public override Tensor Value => value;

            public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
            {
                parameterGradient?.add_(slope);
                return cotangent.neg();
            }

            protected override void Dispose(bool disposing) => value.Dispose();
        }
    }
}
