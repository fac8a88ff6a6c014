using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

[TestClass]
public sealed class OneStepFlowTests
{
    private static readonly FixedStepControl Step = new(0.02);

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    public void Flows_train_by_one_step_methods_as_by_Runge_Kutta_methods(int kind)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] gradients = [.. ((OdeMethod[])[OdeMethods.RungeKutta4, OdeMethods.StrongStabilityPreserving3]).Select(method =>
        {
            var options = new FlowOptions { Solver = new OdeOptions { Method = method, StepControl = Step }, KineticPenalty = 0.1 };
            using NormalizingFlow flow = kind switch
            {
                0 => new NormalizingFlow(new FlowDynamics(3, [5], new Generator(2)), options),
                1 => new NormalizingFlow([new Squash(new MlpDynamics(3, [5], new Generator(2)))], 3, options),
                _ => new NormalizingFlow(new FlowDynamics(3, [5], new Generator(2)), new ProductManifold(1, 2), options),
            };
            flow.Backward(randn(7, 3, generator: new Generator(4)), new Generator(6));
            return cat([.. flow.parameters().Where(parameter => parameter.grad is not null).Select(parameter => parameter.grad!.flatten())]).clone();
        })];
        Assert.IsGreaterThan(0.01, gradients[0].abs().max().item<float>());
        Assert.IsTrue(gradients[0].allclose(gradients[1], 1e-3, 1e-5), $"{gradients[0] - gradients[1]}");
    }

    [TestMethod]
    public void Penalties_are_differentiated_by_one_step_methods()
    {
        using DisposeScope scope = NewDisposeScope();
        var dynamics = new MlpDynamics(3, [5], new Generator(2));
        var term = new PenalizedDynamics(dynamics, DynamicsPenalties.KineticEnergy);
        Tensor start = term.Extend(randn(7, 3, generator: new Generator(4)));
        OdeGradients[] gradients = [.. ((OdeMethod[])[OdeMethods.RungeKutta4, OdeMethods.StrongStabilityPreserving3]).Select(method =>
        {
            using OdeSolution solution = OdeSolver.Solve(term, start, [0, 0.5, 1], new OdeOptions { Method = method, StepControl = Step }, differentiable: true);
            return solution.Backward(ones_like(solution.States));
        })];
        Assert.IsTrue(gradients[0].Parameters.allclose(gradients[1].Parameters, 1e-3, 1e-5));
        Assert.IsTrue(gradients[0].InitialState.allclose(gradients[1].InitialState, 1e-3, 1e-5));
    }

    [TestMethod]
    public void A_method_that_detaches_its_state_is_named()
    {
        using DisposeScope scope = NewDisposeScope();
        var layer = new NeuralOde(new MlpDynamics(3, [5], new Generator(2)), new OdeOptions { Method = new Detaching(), StepControl = Step });
        Tensor end = layer.forward(ones(2, 3), tensor(new[] { 0f, 1 }))[1];
        InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(() => ImplicitBackward.Run(() => end.sum().backward()));
        StringAssert.Contains(exception.Message, "method Detaching");
    }

    private sealed class Squash : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly MlpDynamics _inner;

        public Squash(MlpDynamics inner)
            : base("squash")
        {
            _inner = inner;
            register_module("inner", inner);
        }

        public override Tensor forward(Tensor time, Tensor state) => _inner.forward(time, state).tanh();
    }

    private sealed class Detaching() : OneStepMethod("Detaching", order: 1)
    {
        public override OneStepResult Advance(IOdeTerm term, double time, double size, Tensor state) => new((state + (term.Evaluate(time, state) * size)).detach());
    }
}
