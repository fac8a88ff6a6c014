using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Satisfiability;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Satisfiability;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Satisfiability;

[TestClass]
public sealed class MaximumSatisfiabilityLayerTests
{
    [TestMethod]
    public void Gradients_of_weights_and_of_known_bits_are_those_of_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(5);
        var layer = new MaximumSatisfiability(bits: 4, clauses: 4, auxiliaries: 1, generator, new MixingSettings { MaximumSweeps = 500, Tolerance = 1e-22 }, ScalarType.Float64);
        Tensor values = rand([2, 4], ScalarType.Float64, generator: generator).requires_grad_();
        Tensor isKnown = tensor(new[] { true, false, true, false, false, true, false, false }, [2, 4]);
        Tensor weight = randn([2, 4], ScalarType.Float64, generator: generator);
        Tensor loss = (layer.forward(values, isKnown) * weight).sum();
        ImplicitBackward.Run(() => loss.backward());

        // Along one direction of all weights, and of all bits: those that are not known have no part in it.
        foreach (Tensor variable in new[] { layer.parameters().Single(), values })
        {
            Tensor direction = randn(variable.shape, ScalarType.Float64, generator: generator) * 1e-5;
            double change = Loss(variable, direction) - Loss(variable, direction * -1);
            Assert.AreEqual(change, 2 * (variable.grad! * direction).sum().item<double>(), 1e-6 * Math.Abs(change));
        }

        double Loss(Tensor variable, Tensor step)
        {
            using IDisposable noGradient = no_grad();
            Tensor before = variable.clone();
            variable.add_(step);
            double value = (layer.forward(values, isKnown) * weight).sum().item<double>();
            variable.copy_(before);
            return value;
        }
    }

    [TestMethod]
    public void Single_precision_has_the_answers_and_gradients_of_double_precision()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor expected, Tensor expectedGradient) = Run(ScalarType.Float64);
        (Tensor actual, Tensor actualGradient) = Run(ScalarType.Float32);
        Assert.IsTrue(expected.allclose(actual, 1e-4, 1e-4));
        Assert.IsLessThan(1e-3, ((expectedGradient - actualGradient).norm() / expectedGradient.norm()).item<double>());

        static (Tensor Bits, Tensor Gradient) Run(ScalarType type)
        {
            using var generator = new Generator(5);
            var layer = new MaximumSatisfiability(bits: 20, clauses: 15, auxiliaries: 4, generator, new MixingSettings { MaximumSweeps = 12, Tolerance = 0 }, ScalarType.Float64);
            Tensor values = rand([6, 20], ScalarType.Float64, generator: generator), isKnown = rand([6, 20], generator: generator) < 0.5;
            layer.to(type);
            Tensor result = layer.forward(values.to(type), isKnown);
            ImplicitBackward.Run(() => result.square().sum().backward());
            return (result.detach().to(ScalarType.Float64), layer.parameters().Single().grad!.to(ScalarType.Float64));
        }
    }

    [TestMethod]
    public void Known_bits_come_back_as_they_were_given_and_a_row_that_is_wrong_costs_that_row()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(5);
        var layer = new MaximumSatisfiability(bits: 3, clauses: 4, auxiliaries: 1, generator);
        Tensor values = tensor(new[] { 1, float.NaN, 0.25f, 2, 0, 0, 1, 7, 0.25f }, [3, 3]);
        Tensor isKnown = tensor(new[] { true, false, true, true, true, false, true, false, true }, [3, 3]);
        SatisfiabilitySolution solution = layer.Solve(values, isKnown);
        CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.InvalidInput, SolveStatus.Converged }, solution.Statuses.ToArray());
        Assert.IsTrue(solution.Probabilities[1].isnan().all().item<bool>());
        Assert.IsTrue(solution.Probabilities[0].allclose(solution.Probabilities[2], 0, 0), "what is not known is not read");
        Assert.AreEqual(1, solution.Probabilities[0, 0].item<float>());
        Assert.AreEqual(0.25f, solution.Probabilities[0, 2].item<float>());
        Assert.AreEqual(1, Assert.ThrowsExactly<SolveFailedException>(() => layer.forward(values, isKnown)).Row);

        Tensor loss = solution.Probabilities[0].sum() + solution.Probabilities[2].sum();
        ImplicitBackward.Run(() => loss.backward());
        Assert.IsFalse(layer.parameters().Single().grad!.isnan().any().item<bool>());
    }

    [TestMethod]
    public void Weights_that_are_not_finite_are_told()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(5);
        var layer = new MaximumSatisfiability(bits: 3, clauses: 4, auxiliaries: 0, generator);
        using (no_grad())
        {
            layer.parameters().Single()[1] = float.NaN;
        }

        SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() => layer.forward(zeros(1, 3), zeros([1, 3], ScalarType.Bool)));
        Assert.AreEqual(SolveStatus.Diverged, failure.Status);
    }

    [TestMethod]
    public void Arguments_that_do_not_fit_are_named()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(5);
        var layer = new MaximumSatisfiability(bits: 3, clauses: 4, auxiliaries: 0, generator);
        Tensor none = zeros([2, 3], ScalarType.Bool);
        Assert.AreEqual("values", Assert.ThrowsExactly<ArgumentException>(() => layer.forward(zeros(2, 4), none)).ParamName);
        Assert.AreEqual("values", Assert.ThrowsExactly<ArgumentException>(() => layer.forward(zeros(2, 3, ScalarType.Float64), none)).ParamName);
        Assert.AreEqual("isKnown", Assert.ThrowsExactly<ArgumentException>(() => layer.forward(zeros(2, 3), zeros(2, 3))).ParamName);
        Assert.AreEqual("isKnown", Assert.ThrowsExactly<ArgumentException>(() => layer.forward(zeros(1, 3), none)).ParamName);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new MaximumSatisfiability(0, 4, 0, generator));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new MaximumSatisfiability(3, 4, 0, generator, new MixingSettings { MaximumSweeps = 0 }));
        Assert.AreEqual(0, layer.forward(zeros(0, 3), zeros([0, 3], ScalarType.Bool)).shape[0]);
        Assert.ThrowsExactly<OperationCanceledException>(() => layer.Solve(zeros(2, 3), none, new CancellationToken(canceled: true)));
    }
}
