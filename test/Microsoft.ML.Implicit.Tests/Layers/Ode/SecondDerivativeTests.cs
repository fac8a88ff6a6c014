using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

[TestClass]
public class SecondDerivativeTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(false, false)]
    [DataRow(false, true)]
    public void Hessian_products_match_the_reference(bool closedForm, bool isImplicit)
    {
        Golden golden = Golden.Load("ode_second");
        nn.Module<Tensor, Tensor, Tensor> dynamics = GoldenDynamics.Autograd(golden);
        if (closedForm)
        {
            using var generator = new Generator(1);
            var perceptron = new MlpDynamics(3, [5], generator, time: TimeConditioning.Concatenate);
            perceptron.to(ScalarType.Float64);
            using IDisposable noGraph = no_grad();
            foreach ((Tensor parameter, string name) in perceptron.Parameters.Zip(GoldenDynamics.ParameterNames))
            {
                parameter.copy_(golden[name]);
            }

            dynamics = perceptron;
        }

        OdeOptions options = isImplicit ? new OdeOptions { Method = OdeMethods.Kvaerno5, StepControl = new FixedStepControl(0.04) } : Tight(OdeMethods.Dopri5);
        var layer = new NeuralOde(dynamics, options);
        Tensor start = golden["z0"].requires_grad_();
        Tensor end = layer.forward(start, tensor(new[] { 0.0, 0.5, 1.0 }))[2];
        golden.AssertMatches("z", end, isImplicit ? 1e-8 : 1e-10);
        Tensor[] inputs = [start, .. layer.Term.Parameters];
        string[] names = ["z0", .. GoldenDynamics.ParameterNames];
        Tensor[] products = HessianProducts.Of(end.pow(3).sum(), inputs, [.. names.Select(name => golden["v_" + name])]);
        for (int i = 0; i < names.Length; i++)
        {
            golden.AssertMatches("hvp_" + names[i], products[i], 1e-7);
        }
    }

    public static IEnumerable<object[]> Methods => [[OdeMethods.Dopri5], [OdeMethods.Ralston], [OdeMethods.StrongStabilityPreserving3], [OdeMethods.AdamsBashforthMoulton], [OdeMethods.Kvaerno3]];

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Hessian_products_match_differences_of_the_gradient_where_one_solve_starts_at_anothers_end(OdeMethod method)
    {
        const double Step = 1e-5;
        using var generator = new Generator(3);
        var dynamics = new MlpDynamics(2, [6], generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        var layer = new NeuralOde(dynamics, new OdeOptions { Method = method, StepControl = new FixedStepControl(0.1) });
        Tensor start = randn([3, 2], ScalarType.Float64, generator: generator).requires_grad_();
        Tensor times = tensor(new[] { 0.0, 0.35, 0.8 }).requires_grad_();
        Tensor[] inputs = [start, .. dynamics.parameters()];
        Tensor[] directions = [.. inputs.Select(input => randn(input.shape, ScalarType.Float64, generator: generator))];
        Tensor[] products = HessianProducts.Of(Loss(), inputs, directions);
        Tensor[] differences = HessianProducts.ByDifferences(Loss, inputs, directions, Step);
        for (int i = 0; i < inputs.Length; i++)
        {
            Tensor expected = differences[i];
            Assert.IsLessThan(1e-5 * Math.Max(1, expected.abs().max().item<double>()), (products[i] - expected).abs().max().item<double>(), $"input {i}");
        }

        Tensor Loss()
        {
            Tensor half = layer.forward(start, times)[2];
            return layer.forward(half, tensor(new[] { 0.0, 0.4 }))[1].pow(3).sum() + layer.forward(start, times)[1].square().sum();
        }
    }

    public static IEnumerable<object[]> Controls => [[new FixedStepControl(0.2)], [new PiStepControl { RelativeTolerance = 1e3, AbsoluteTolerance = 1e3, InitialStep = 0.35, MaximumStep = 0.35 }]];

    [TestMethod]
    [DynamicData(nameof(Controls))]
    public void Hessian_products_match_differences_of_the_gradient_where_rows_step_independently(OdeStepControl control)
    {
        using var generator = new Generator(5);
        var dynamics = new MlpDynamics(2, [6], generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        var layer = new NeuralOde(dynamics, new OdeOptions { StepControl = control });
        Tensor start = randn([3, 2], ScalarType.Float64, generator: generator).requires_grad_();
        Tensor times = tensor(new[,] { { 0.0, 0.35, 0.8 }, { -0.5, 0.5, 0.5 }, { 0.0, 0.0, 1.0 } });
        Tensor[] inputs = [start, .. dynamics.parameters()];
        Tensor[] directions = [.. inputs.Select(input => randn(input.shape, ScalarType.Float64, generator: generator))];
        Tensor[] products = HessianProducts.Of(Loss(), inputs, directions);
        Tensor[] differences = HessianProducts.ByDifferences(Loss, inputs, directions, 1e-5);
        for (int i = 0; i < inputs.Length; i++)
        {
            Assert.IsLessThan(1e-5 * Math.Max(1, differences[i].abs().max().item<double>()), (products[i] - differences[i]).abs().max().item<double>(), $"input {i}");
        }

        Tensor Loss() => (layer.forward(start, times).pow(3) * linspace(1, 2, 18, ScalarType.Float64).view(3, 3, 2)).sum();
    }

    [TestMethod]
    public void A_gradient_to_be_differentiated_again_is_the_same_as_one_that_is_not_whatever_the_gradient_method()
    {
        using var generator = new Generator(8);
        var dynamics = new MlpDynamics(2, [4], generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        Tensor start = randn([2, 2], ScalarType.Float64, generator: generator).requires_grad_();
        foreach (OdeGradientMethod gradientMethod in Enum.GetValues<OdeGradientMethod>())
        {
            Tensor times = tensor(new[] { 0.0, 0.4, 1.0 }).requires_grad_();
            var layer = new NeuralOde(dynamics, new OdeOptions { GradientMethod = gradientMethod, StepControl = new FixedStepControl(0.05), JumpTimes = [0.4] });
            Tensor[] inputs = [start, times, .. dynamics.parameters()];
            IList<Tensor> once = autograd.grad([layer.forward(start, times).pow(3).sum()], inputs);
            IList<Tensor> again = autograd.grad([layer.forward(start, times).pow(3).sum()], inputs, retain_graph: true, create_graph: true);
            for (int i = 0; i < inputs.Length; i++)
            {
                Assert.IsLessThan(1e-6, (once[i] - again[i]).abs().max().item<double>(), $"{gradientMethod}, input {i}");
            }
        }
    }

    [TestMethod]
    public void Derivatives_by_times_of_gradients_are_refused_and_those_by_other_inputs_are_not()
    {
        var layer = new NeuralOde(new Halves());
        Tensor start = ones([1, 1], ScalarType.Float64).requires_grad_(), times = tensor(new[] { 0.0, 1.0 }).requires_grad_();
        IList<Tensor> gradients = autograd.grad([layer.forward(start, times)[1].sum()], [start, times], retain_graph: true, create_graph: true);

        // ∂/∂t of e^(t/2) z₀ is e^(t/2) z₀ / 2.
        Tensor mixed = autograd.grad([gradients[1][1]], [start], retain_graph: true)[0];
        Assert.AreEqual(Math.Exp(0.5) / 2, mixed.item<double>(), 1e-5);
        foreach (Tensor gradient in gradients)
        {
            NotSupportedException exception = Assert.ThrowsExactly<NotSupportedException>(() => ImplicitBackward.Run(() => gradient.sum().backward(retain_graph: true)));
            Assert.Contains("times", exception.Message);
        }
    }

    private sealed class Halves() : nn.Module<Tensor, Tensor, Tensor>(nameof(Halves))
    {
        public override Tensor forward(Tensor time, Tensor state) => state * 0.5;
    }

    private static OdeOptions Tight(OdeMethod method) => new()
    {
        Method = method,
        StepControl = new PiStepControl { AbsoluteTolerance = 1e-12, RelativeTolerance = 1e-12 },
    };
}
