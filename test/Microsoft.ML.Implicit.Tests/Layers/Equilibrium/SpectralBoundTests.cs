using Microsoft.ML.Implicit.Layers.Equilibrium;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

[TestClass]
public class SpectralBoundTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    public void The_bound_is_never_too_small_nor_larger_than_promised()
    {
        using var generator = new Generator(4);
        foreach ((long rows, long columns) in new[] { (1L, 1L), (3L, 7L), (40L, 40L), (64L, 16L) })
        {
            foreach (double scale in new[] { 1e-8, 1.0, 1e8 })
            {
                Tensor weight = randn(rows, columns, ScalarType.Float64, generator: generator) * scale;
                double ratio = SpectralBound.Of(weight).item<double>() / linalg.norm(weight, 2).item<double>();
                Assert.IsGreaterThanOrEqualTo(1 - 1e-9, ratio);
                Assert.IsLessThanOrEqualTo(Math.Pow(Math.Min(rows, columns), 1.0 / 16) + 1e-9, ratio);
            }
        }
    }

    [TestMethod]
    public void A_bound_of_zero_weights_is_finite_and_leaves_them_alone()
    {
        Tensor weight = zeros(3, 3).requires_grad_();
        Tensor limited = SpectralBound.Limit(weight, 1);
        limited.sum().backward();
        Assert.AreEqual(0, limited.abs().max().item<float>());
        Assert.AreEqual(1, weight.grad!.mean().item<float>(), 1e-6f);
    }

    [TestMethod]
    public void The_bound_of_a_convolution_holds_for_its_matrix()
    {
        using var generator = new Generator(4);
        Tensor kernel = randn([3, 2, 3, 3], ScalarType.Float64, generator: generator);
        Tensor images = eye(2 * 5 * 4, dtype: ScalarType.Float64).view(-1, 2, 5, 4);
        Tensor matrix = nn.functional.conv2d(images, kernel, padding: [1, 1]).flatten(1);
        Assert.IsGreaterThanOrEqualTo(linalg.norm(matrix, 2).item<double>(), SpectralBound.OfConvolution(kernel).item<double>());
    }
}
