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
    [DataRow(true)]
    [DataRow(false)]
    public void Hessian_products_match_the_reference(bool closedForm)
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

        var layer = new NeuralOde(dynamics, Tight(OdeMethods.Dopri5));
        Tensor start = golden["z0"].requires_grad_();
        Tensor end = layer.forward(start, tensor(new[] { 0.0, 0.5, 1.0 }))[2];
        golden.AssertMatches("z", end, 1e-10);
        Tensor[] inputs = [start, .. layer.Term.Parameters];
        string[] names = ["z0", .. GoldenDynamics.ParameterNames];
        Tensor[] products = HessianProducts.Of(end.pow(3).sum(), inputs, [.. names.Select(name => golden["v_" + name])]);
        for (int i = 0; i < names.Length; i++)
        {
            golden.AssertMatches("hvp_" + names[i], products[i], 1e-7);
        }
    }

    public static IEnumerable<object[]> Methods => [[OdeMethods.Dopri5], [OdeMethods.Ralston], [OdeMethods.StrongStabilityPreserving3]];

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
        Tensor[] inputs = [start, times, .. dynamics.parameters()];
        Tensor[] directions = [.. inputs.Select((input, i) => i == 1 ? tensor(new[] { 0.0, 0.0, 0.0 }) : randn(input.shape, ScalarType.Float64, generator: generator))];
        Tensor[] products = HessianProducts.Of(Loss(), inputs, directions);
        Tensor[] differences = HessianProducts.ByDifferences(Loss, inputs, directions, Step);
        for (int i = 0; i < inputs.Length; i++)
        {
            if (i != 1)
            {
                Tensor expected = differences[i];
                Assert.IsLessThan(1e-5 * Math.Max(1, expected.abs().max().item<double>()), (products[i] - expected).abs().max().item<double>(), $"input {i}");
            }
        }

        Tensor Loss()
        {
            Tensor half = layer.forward(start, times)[2];
            return layer.forward(half, tensor(new[] { 0.0, 0.4 }))[1].pow(3).sum() + layer.forward(start, times)[1].square().sum();
        }
    }

    private static OdeOptions Tight(OdeMethod method) => new()
    {
        Method = method,
        StepControl = new PiStepControl { AbsoluteTolerance = 1e-12, RelativeTolerance = 1e-12 },
    };
}
