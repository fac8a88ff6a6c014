using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

[TestClass]
public sealed class NeuralOdeGoldenTests
{
    private static readonly OdeOptions Tight = new() { StepControl = new PiStepControl { RelativeTolerance = 1e-12, AbsoluteTolerance = 1e-12 } };

    [TestMethod]
    [DataRow(OdeGradientMethod.CheckpointedAdjoint, true)]
    [DataRow(OdeGradientMethod.BacksolveAdjoint, true)]
    [DataRow(OdeGradientMethod.Backpropagation, true)]
    [DataRow(OdeGradientMethod.CheckpointedAdjoint, false)]
    [DataRow(OdeGradientMethod.BacksolveAdjoint, false)]
    [DataRow(OdeGradientMethod.Backpropagation, false)]
    public void A_tight_tolerance_gives_the_solution_and_every_gradient_to_1e_8(OdeGradientMethod method, bool closedForm) =>
        AssertMatchesGolden(Tight with { GradientMethod = method }, closedForm, 1e-8);

    [TestMethod]
    [DataRow(OdeGradientMethod.CheckpointedAdjoint)]
    [DataRow(OdeGradientMethod.BacksolveAdjoint)]
    [DataRow(OdeGradientMethod.Backpropagation)]
    public void The_default_tolerance_gives_the_solution_and_every_gradient_to_1e_5(OdeGradientMethod method) =>
        AssertMatchesGolden(new OdeOptions { GradientMethod = method }, closedForm: true, 1e-5);

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(10)]
    public void Few_checkpoints_give_the_same_gradients(int checkpoints) =>
        AssertMatchesGolden(Tight with { MaximumCheckpoints = checkpoints }, closedForm: true, 1e-8);

    private static void AssertMatchesGolden(OdeOptions options, bool closedForm, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        Golden golden = Golden.Load("ode_mlp");
        var layer = new NeuralOde(closedForm ? GoldenDynamics.ClosedForm(golden) : GoldenDynamics.Autograd(golden), options);
        Tensor z0 = golden["z0"].requires_grad_();
        Tensor times = golden["t"].requires_grad_();
        Tensor states = layer.forward(z0, times);
        golden.AssertMatches("z", states, tolerance);
        Tensor loss = states[3].square().sum() + states[1].sum();
        ImplicitBackward.Run(() => loss.backward());
        golden.AssertMatches("grad_z0", z0.grad!, tolerance);
        golden.AssertMatches("grad_t", times.grad!, tolerance);
        foreach ((Tensor parameter, string name) in layer.Term.Parameters.Zip(GoldenDynamics.ParameterNames))
        {
            golden.AssertMatches("grad_" + name, parameter.grad!, tolerance);
        }
    }
}
