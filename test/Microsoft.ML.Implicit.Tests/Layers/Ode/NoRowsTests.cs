using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

[TestClass]
public sealed class NoRowsTests
{
    public static IEnumerable<object[]> Methods => [[OdeMethods.Dopri5], [OdeMethods.Kvaerno5], [OdeMethods.Leapfrog]];

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void A_batch_without_rows_is_solved_and_differentiated(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        var dynamics = new MlpDynamics(2, [4], new Generator(1));
        var layer = new NeuralOde(dynamics, new OdeOptions { Method = method, StepControl = new FixedStepControl(0.1) });
        foreach (bool hasRowTimes in (bool[])[false, method is ExplicitRungeKutta])
        {
            Tensor start = zeros(0, 2).requires_grad_();
            Tensor times = (hasRowTimes ? zeros(0, 3) : tensor(new[] { 0f, 1, 2 })).requires_grad_();
            Tensor states = layer.forward(start, times);
            CollectionAssert.AreEqual(new long[] { 3, 0, 2 }, states.shape);
            ImplicitBackward.Run(() => states.sum().backward());
            CollectionAssert.AreEqual(start.shape, start.grad!.shape);
            CollectionAssert.AreEqual(times.shape, times.grad!.shape);
            Assert.AreEqual(0, dynamics.parameters().Sum(parameter => parameter.grad!.abs().sum().item<float>()));
        }
    }

    [TestMethod]
    public void A_batch_without_rows_has_a_solution_of_no_rows()
    {
        using DisposeScope scope = NewDisposeScope();
        var dynamics = new MlpDynamics(2, [4], new Generator(1));
        using OdeSolution common = OdeSolver.Solve(dynamics, zeros(0, 2), [0, 1, 2], differentiable: true);
        using OdeSolution own = OdeSolver.Solve(dynamics, zeros(0, 2), [], differentiable: true, stopEvent: new OdeEvent((_, z) => z.select(1, 0)));
        Assert.IsTrue(common.Converged && own.Converged);
        Assert.AreEqual(3, common.ReachedTimes);
        Assert.IsEmpty(own.EventTimes!);
        foreach (OdeSolution solution in (OdeSolution[])[common, own])
        {
            Assert.IsEmpty(solution.Status);
            using OdeGradients gradients = solution.Backward(solution.States, timeGradients: true);
            CollectionAssert.AreEqual(new long[] { 0, 2 }, gradients.InitialState.shape);
            Assert.AreEqual(0, gradients.Parameters.abs().sum().item<float>());
        }

        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(dynamics, zeros(3, 0), [0, 1]));
    }
}
