using Microsoft.ML.Implicit.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Numerics;

[TestClass]
public sealed unsafe class PanelAffineTests
{
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(8, 16)]
    [DataRow(13, 33)]
    [DataRow(64, 40)]
    [DataRow(24, 150)]
    public void It_is_the_product_and_rows_do_not_depend_on_those_beside_them(int inputs, int outputs)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor weight = randn([inputs, outputs], generator: generator), bias = randn([outputs], generator: generator);
        using var map = new PanelAffine(weight, bias);
        float[] alone = Evaluate(map, Rows(19), 1);
        for (int rows = 1; rows <= 19; rows++)
        {
            Tensor x = Rows(rows);
            float[] actual = Evaluate(map, x, rows);
            Tensor expected = bias.to(float64) + x.to(float64).mm(weight.to(float64));
            Tensor difference = (tensor(actual, [rows, map.Stride]).narrow(1, 0, outputs) - expected).abs().max();
            Assert.IsLessThan(1e-5 * inputs, difference.item<double>());
            CollectionAssert.AreEqual(alone[..(rows * map.Stride)], actual);
        }

        Tensor Rows(int rows)
        {
            using var same = new Generator(2);
            return randn([19, inputs], generator: same).narrow(0, 0, rows).contiguous();
        }
    }

    [TestMethod]
    public void Shifts_may_be_where_the_outputs_go()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor weight = randn([5, 40], generator: generator), x = randn([11, 5], generator: generator);
        using var map = new PanelAffine(weight);
        float[] once = Evaluate(map, x, 11), input = [.. x.data<float>()], twice = [.. once];
        fixed (float* rows = input, outputs = twice)
        {
            map.Evaluate(rows, 5, outputs, map.Stride, 11, outputs, map.Stride);
        }

        for (int i = 0; i < once.Length; i++)
        {
            Assert.AreEqual(2 * once[i], twice[i], 1e-5f);
        }
    }

    private static float[] Evaluate(PanelAffine map, Tensor x, int atOnce)
    {
        int inputs = (int)x.shape[1];
        float[] input = [.. x.data<float>()], output = new float[x.shape[0] * map.Stride];
        fixed (float* rows = input, outputs = output)
        {
            for (int row = 0; row < x.shape[0]; row += atOnce)
            {
                map.Evaluate(rows + (row * inputs), inputs, atOnce, outputs + (row * map.Stride), map.Stride);
            }
        }

        return output;
    }
}
