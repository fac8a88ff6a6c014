using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic.Batched;

/// <summary>Shared matrices are scaled by the managed code, those of rows by tensor operations.</summary>
[TestClass]
public class MatrixScalingTests
{
    [TestMethod]
    [DataRow(1, 0)]
    [DataRow(2, 3)]
    [DataRow(3, 3)]
    [DataRow(4, 1)]
    public void Both_ways_find_the_same_scales_and_groups(int seed, int equalities)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed, batch: 2, n: 12, m: 9, equalities, bounds: false, sharedMatrices: true);
        SplitInTwo(x);
        ChangeUnits(x, seed);
        MatrixScaling shared = new BatchedSystem(RandomPrograms.Problem(x)).Scaling!;
        foreach (int matrix in (ReadOnlySpan<int>)[0, 2, 4])
        {
            x[matrix] = x[matrix]?.unsqueeze(0).expand(2, -1, -1);
        }

        MatrixScaling rows = new BatchedSystem(RandomPrograms.Problem(x)).Scaling!;

        Assert.HasCount(2, shared.GroupNumbers);
        Assert.HasCount(2, rows.GroupNumbers);
        for (int row = 0; row < 2; row++)
        {
            Assert.AreEqual(0, (rows.Scales[row] - shared.Scales).abs().max().item<double>());
            Assert.IsTrue(rows.Groups[row].eq(0).eq(shared.Groups.eq(0)).all().item<bool>());
        }
    }

    // The last variables have constraints of their own and no curvature.
    private static void SplitInTwo(Tensor?[] x)
    {
        x[0]!.narrow(0, 8, 4).zero_();
        x[0]!.narrow(1, 8, 4).zero_();
        x[2]!.narrow(0, 0, 6).narrow(1, 8, 4).zero_();
        x[2]!.narrow(0, 6, 3).narrow(1, 0, 8).zero_();
        x[4]?.narrow(1, 8, 4).zero_();
    }

    private static void ChangeUnits(Tensor?[] x, int seed)
    {
        using var generator = new Generator((ulong)seed);
        Tensor columns = Units(12);
        x[0] = x[0]! * columns * columns.unsqueeze(1);
        x[2] = x[2]! * columns * Units(9).unsqueeze(1);
        x[4] = x[4] is null ? null : x[4]! * columns * Units(x[4]!.shape[0]).unsqueeze(1);

        Tensor Units(long count) => ((rand(count, ScalarType.Float64, generator: generator) * 26) - 13).exp2();
    }
}
