using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

[TestClass]
public sealed class ParameterMapTests
{
    [TestMethod]
    public void A_map_is_the_product_with_its_matrix_however_its_entries_follow_each_other()
    {
        const int length = 12, parameters = 9;

        // Runs of five with one value and of two with another, one entry of two parameters, a step back and constants.
        (int Entry, int Parameter, double Value)[] terms =
        [
            .. Enumerable.Range(0, 5).Select(i => (i, i + 1, 1.0)),
            (5, 6, -2), (6, 7, -2),
            (7, 3, 0.5), (7, 9, 4),
            (8, 9, 4),
            (9, 2, 3), (10, 1, 3),
            (0, 0, 7), (11, 0, -1),
        ];
        var map = ParameterMap.Create(length, terms);
        double[,] matrix = new double[length, parameters];
        double[] constants = new double[length];
        foreach ((int entry, int parameter, double value) in terms)
        {
            if (parameter == 0)
            {
                constants[entry] = value;
            }
            else
            {
                matrix[entry, parameter - 1] = value;
            }
        }

        using DisposeScope scope = NewDisposeScope();
        using Generator generator = new(1);
        Tensor rows = randn(3, parameters, ScalarType.Float64, generator: generator), cotangents = randn(3, length, ScalarType.Float64, generator: generator), dense = tensor(matrix);
        AssertSame(rows.mm(dense.t()) + tensor(constants), map.Apply(rows, hasConstants: true));
        AssertSame(rows.mm(dense.t()), map.Apply(rows, hasConstants: false));
        AssertSame(cotangents.mm(dense), map.ApplyTransposed(cotangents, parameters));
        Assert.IsTrue(map.Depends(new ProgramPart("last of a run", 4, 1, 1)));
        Assert.IsFalse(map.Depends(new ProgramPart("none", 7, 1, 1)));
    }

    private static void AssertSame(Tensor expected, Tensor actual)
    {
        double[] left = expected.ReadDoubles(), right = actual.ReadDoubles();
        Assert.HasCount(left.Length, right);
        for (int i = 0; i < left.Length; i++)
        {
            Assert.AreEqual(left[i], right[i], 1e-14, $"number {i}");
        }
    }
}
