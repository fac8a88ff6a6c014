using Microsoft.ML.Implicit.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

[TestClass]
public class ConvolutionTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DataRow(1, 1, 1, 1, 5, 5)]
    [DataRow(2, 3, 3, 1, 4, 6)]
    [DataRow(3, 2, 5, 2, 8, 6)]
    [DataRow(3, 2, 3, 2, 7, 5)]
    [DataRow(1, 4, 1, 2, 6, 6)]
    public void Each_pixel_is_the_sum_over_its_patch(int input, int output, int size, int stride, int height, int width)
    {
        Tensor image = Random(2, input, height, width);
        Tensor kernel = Random(output, input, size, size);
        Tensor result = ImageConvolution.Apply(image, kernel, stride);
        CollectionAssert.AreEqual(new long[] { 2, output, ((height - 1) / stride) + 1, ((width - 1) / stride) + 1 }, result.shape);
        for (int row = 0; row < 2; row++)
        {
            for (int channel = 0; channel < output; channel++)
            {
                for (int y = 0; y < result.shape[2]; y++)
                {
                    for (int x = 0; x < result.shape[3]; x++)
                    {
                        double expected = PatchSum(image[row], kernel[channel], (y * stride) - (size / 2), (x * stride) - (size / 2));
                        Assert.AreEqual(expected, result[row, channel, y, x].item<double>(), 1e-12);
                    }
                }
            }
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void The_transpose_has_the_same_inner_products(int size)
    {
        Tensor kernel = Random(4, 3, size, size);
        Tensor image = Random(2, 3, 5, 6);
        Tensor other = Random(2, 4, 5, 6);
        double expected = (ImageConvolution.Apply(image, kernel) * other).sum().item<double>();
        Assert.AreEqual(expected, (image * ImageConvolution.ApplyTransposed(other, kernel)).sum().item<double>(), 1e-12 * Math.Abs(expected));
    }

    // The widths are those at which the native library's own convolutions went wrong with AVX-512.
    [TestMethod]
    [DataRow(8)]
    [DataRow(16)]
    [DataRow(40)]
    [DataRow(64)]
    [DataRow(96)]
    public void Gradients_are_right_and_the_same_in_every_repetition(int channels)
    {
        Tensor image = Random(16, channels, 4, 4).to(float32).requires_grad_();
        Tensor kernel = Random(channels, channels, 3, 3).to(float32).requires_grad_();
        Tensor weights = Random(16, channels, 4, 4).to(float32);
        Tensor[] first = Gradients(image, kernel, weights);
        Tensor[] exact = Gradients(image.detach().to(float64).requires_grad_(), kernel.detach().to(float64).requires_grad_(), weights.to(float64));
        for (int i = 0; i < first.Length; i++)
        {
            Tensor difference = (first[i].to(float64) - exact[i]).abs().max() / exact[i].abs().max();
            Assert.IsLessThan(1e-5, difference.item<double>());
        }

        for (int repetition = 0; repetition < 40; repetition++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor[] again = Gradients(image, kernel, weights);
            Assert.IsTrue(first.Zip(again).All(pair => pair.First.equal(pair.Second).all().item<bool>()));
        }
    }

    private static Tensor[] Gradients(Tensor image, Tensor kernel, Tensor weights) =>
        [.. autograd.grad([(ImageConvolution.Apply(image, kernel) * weights).sum()], [image, kernel])];

    private static double PatchSum(Tensor image, Tensor kernel, int top, int left)
    {
        double sum = 0;
        for (int channel = 0; channel < image.shape[0]; channel++)
        {
            for (int i = 0; i < kernel.shape[1]; i++)
            {
                for (int j = 0; j < kernel.shape[2]; j++)
                {
                    if (top + i >= 0 && top + i < image.shape[1] && left + j >= 0 && left + j < image.shape[2])
                    {
                        sum += image[channel, top + i, left + j].item<double>() * kernel[channel, i, j].item<double>();
                    }
                }
            }
        }

        return sum;
    }

    private static Tensor Random(params long[] shape) => randn(shape, ScalarType.Float64, generator: new Generator(5));
}
