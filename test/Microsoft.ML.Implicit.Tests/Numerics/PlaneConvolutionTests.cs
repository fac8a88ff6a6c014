using Microsoft.ML.Implicit.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Numerics;

[TestClass]
public sealed unsafe class PlaneConvolutionTests
{
    [TestMethod]
    [DataRow(1, 1, 1, 1, 3)]
    [DataRow(1, 2, 3, 5, 3)]
    [DataRow(8, 8, 14, 14, 3)]
    [DataRow(3, 7, 7, 7, 1)]
    [DataRow(16, 16, 7, 7, 3)]
    [DataRow(5, 12, 9, 33, 3)]
    public void It_is_the_correlation_plus_the_shift_with_zeros_around(int input, int output, int height, int width, int size)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor image = randn([1, input, height, width], generator: generator), kernel = randn([output, input, size, size], generator: generator);
        Tensor shift = randn([1, output, height, width], generator: generator);
        ImagePlanes from = new(input, height, width), to = new(output, height, width);
        using var convolution = new PlaneConvolution([.. kernel.data<float>()], size, from, to);
        float[] planes = new float[from.Length], sums = new float[to.Length], result = new float[output * height * width];
        fixed (float* x = planes, y = sums)
        {
            from.Load([.. image.data<float>()], x);
            to.Load([.. shift.data<float>()], y);
            convolution.Apply(x, y, y);
            to.ClearBorder(y);
            to.Store(y, result);
        }

        Tensor expected = nn.functional.conv2d(image.to(float64), kernel.to(float64), padding: [size / 2, size / 2]) + shift;
        Assert.IsLessThan(1e-4, (tensor(result, [1, output, height, width]) - expected).abs().max().item<double>());
        Assert.AreEqual(result.Count(value => value != 0), sums.Count(value => value != 0), "The border is zero.");
    }

    [TestMethod]
    public void Pooling_and_repeating_are_transposes_of_each_other()
    {
        ImagePlanes fine = new(3, 12, 8), coarse = new(3, 6, 4);
        float[] x = new float[fine.Length], y = new float[coarse.Length], pooled = new float[coarse.Length], repeated = new float[fine.Length];
        var random = new Random(1);
        fixed (float* xs = x, ys = y, ps = pooled, rs = repeated)
        {
            fine.Load([.. Enumerable.Range(0, 3 * 12 * 8).Select(_ => random.NextSingle())], xs);
            coarse.Load([.. Enumerable.Range(0, 3 * 6 * 4).Select(_ => random.NextSingle())], ys);
            ImageResizing.Pool(fine, xs, coarse, ps);
            ImageResizing.AddRepeated(coarse, ys, fine, rs);
        }

        Assert.AreEqual(pooled.Zip(y).Sum(pair => pair.First * pair.Second), x.Zip(repeated).Sum(pair => pair.First * pair.Second), 1e-3f);
        Assert.AreEqual(y.Sum(value => value * value), repeated.Sum(value => value * value), 1e-3f);
    }
}
