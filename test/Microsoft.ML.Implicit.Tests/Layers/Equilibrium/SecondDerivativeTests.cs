using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

[TestClass]
public class SecondDerivativeTests
{
    private static readonly AndersonSolver Tight = new(new AndersonSettings { RelativeTolerance = 1e-13, AbsoluteTolerance = 1e-13, MaximumIterations = 500 });

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
        Golden golden = Golden.Load("deq_second");
        var tanh = new TanhCell(golden["W"], golden["U"], golden["b"]);
        using var layer = new DeepEquilibrium(closedForm ? tanh : new WithoutClosedForm(tanh), new EquilibriumSettings { ForwardSolver = Tight, BackwardSolver = Tight });
        (string Name, Tensor Value)[] inputs = [("x", golden["x"].requires_grad_()), .. tanh.named_parameters().Select(p => (p.name, (Tensor)p.parameter))];
        Tensor loss = layer.call(inputs[0].Value).square().mv(golden["c"]).sum();
        Tensor[] products = HessianProducts.Of(loss, [.. inputs.Select(i => i.Value)], [.. inputs.Select(i => golden["v_" + i.Name])]);
        for (int i = 0; i < inputs.Length; i++)
        {
            golden.AssertMatches("hvp_" + inputs[i].Name, products[i], 1e-7);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Hessian_products_of_a_classifiers_loss_match_differences_of_its_gradient(bool convolutional)
    {
        const double Step = 1e-5;
        CellCase test = convolutional ? CellCase.Convolutional() : CellCase.Dense();
        using var layer = new DeepEquilibrium(test.Cell, new EquilibriumSettings { ForwardSolver = Tight, BackwardSolver = Tight });
        using TorchSharp.Modules.Linear head = nn.Linear(test.Cell.FeatureWidth, 3, dtype: ScalarType.Float64);
        head.weight!.detach().copy_(randn(head.weight.shape, ScalarType.Float64, generator: new Generator(7)) * 0.3);
        Tensor labels = arange(test.X.shape[0], ScalarType.Int64).remainder(3);
        Tensor[] parameters = [.. test.Cell.parameters(), .. head.parameters()];
        Tensor[] directions = [.. parameters.Select((p, i) => randn(p.shape, ScalarType.Float64, generator: new Generator((ulong)(i + 11))))];
        Tensor[] products = HessianProducts.Of(Loss(), parameters, directions);

        Tensor[] differences = HessianProducts.ByDifferences(Loss, parameters, directions, Step);
        for (int i = 0; i < parameters.Length; i++)
        {
            Tensor expected = differences[i];
            double scale = Math.Max(expected.abs().max().item<double>(), 1e-3);
            Assert.IsLessThan(2e-5 * scale, (products[i] - expected).abs().max().item<double>(), $"parameter {i}");
        }

        Tensor Loss() => nn.functional.cross_entropy(head.call(test.Cell.Readout(layer.call(test.X))), labels);
    }
}
