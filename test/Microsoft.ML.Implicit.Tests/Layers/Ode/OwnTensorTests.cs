using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Tests.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

[TestClass]
public sealed class OwnTensorTests
{
    public static IEnumerable<object[]> Methods =>
    [
        [OdeMethods.Dopri5], [OdeMethods.Kvaerno5], [OdeMethods.AdamsBashforthMoulton], [OdeMethods.Ralston], [OdeMethods.Euler],
    ];

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void What_a_module_returns_and_keeps_stays_its_own(OdeMethod method)
    {
        foreach (OdeGradientMethod gradient in Enum.GetValues<OdeGradientMethod>().Where(g => g != OdeGradientMethod.Backpropagation || method is ExplicitRungeKutta))
        {
            using var slope = ones(3, 2).DetachFromDisposeScope();
            for (int use = 0; use < 2; use++)
            {
                using DisposeScope scope = NewDisposeScope();
                var layer = new NeuralOde(new Kept(slope), new OdeOptions { Method = method, StepControl = new FixedStepControl(0.25), GradientMethod = gradient });
                Tensor start = zeros(3, 2).requires_grad_();
                Tensor states = layer.forward(start, tensor(new[] { 0f, 1 }));
                ImplicitBackward.Run(() => states[1].sum().backward());
                Assert.AreEqual(6, states[1].sum().item<float>(), 1e-5);
                Assert.IsTrue(start.grad!.eq(1).all().item<bool>());
                using OdeSolution plain = OdeSolver.Solve(new FunctionTerm((_, _) => slope), start, [0, 1], new OdeOptions { Method = method, StepControl = new FixedStepControl(0.25) });
                Assert.IsFalse(slope.IsInvalid);
            }
        }
    }

    [TestMethod]
    public void What_a_module_of_several_tensors_or_of_a_flow_returns_and_keeps_stays_its_own()
    {
        using var slope = ones(3, 2).DetachFromDisposeScope();
        for (int use = 0; use < 2; use++)
        {
            using DisposeScope scope = NewDisposeScope();
            var layout = new OdeStateLayout([2], [2]);
            var layer = new NeuralOde(new TupleDynamics(new KeptPair(slope), layout), new OdeOptions { Method = OdeMethods.Kvaerno5 });
            Tensor start = layout.Join(zeros(3, 2), zeros(3, 2)).requires_grad_();
            ImplicitBackward.Run(() => layer.forward(start, tensor(new[] { 0f, 1 }))[1].sum().backward());
            var flow = new NormalizingFlow([new Kept(slope)], 2, new FlowOptions { Solver = new OdeOptions { Method = OdeMethods.Kvaerno5 } });
            flow.Decode(zeros(3, 2));
            Assert.IsFalse(slope.IsInvalid);
        }
    }

    private sealed class Kept(Tensor slope) : nn.Module<Tensor, Tensor, Tensor>("kept")
    {
        public override Tensor forward(Tensor time, Tensor state) => slope;
    }

    private sealed class KeptPair(Tensor slope) : nn.Module<Tensor, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>("kept")
    {
        public override IReadOnlyList<Tensor> forward(Tensor time, IReadOnlyList<Tensor> parts) => [slope, slope];
    }
}
