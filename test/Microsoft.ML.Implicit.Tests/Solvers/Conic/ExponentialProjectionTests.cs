using Microsoft.ML.Implicit.Solvers.Conic.Splitting;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

[TestClass]
public sealed class ExponentialProjectionTests
{
    [TestMethod]
    public void What_is_split_is_a_point_of_the_cone_less_one_of_its_dual_that_are_orthogonal()
    {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            double[] v = [.. Enumerable.Range(0, 3).Select(_ => random.Next(8) == 0 ? 0 : Math.Exp(12 * (random.NextDouble() - 0.5)) * (random.Next(2) == 0 ? -1 : 1))];
            double[] s = [.. v], z = new double[3];
            ExponentialProjection.Split(s, z);
            string text = string.Join(", ", v);
            double size = v.Max(Math.Abs);
            for (int k = 0; k < 3; k++)
            {
                Assert.AreEqual(v[k], s[k] - z[k], 1e-12 * size, text);
            }

            Assert.AreEqual(0, s.Zip(z, (x, y) => x * y).Sum(), 1e-12 * size * size, text);
            Assert.IsTrue(s[1] > 0 ? IsInside(s[0], s[1], s[2], 1e-12 * size) : s[1] == 0 && s[0] <= 0 && s[2] >= 0, text);
            Assert.IsTrue(z[0] < 0 ? IsInside(z[0] - z[1], -z[0], z[2], 1e-12 * size) : z[0] == 0 && z[1] >= 0 && z[2] >= 0, text);
        }
    }

    // By the exponential, or by the logarithm where that is beyond all numbers.
    private static bool IsInside(double x, double y, double z, double tolerance) => y * Math.Exp(x / y) <= z + tolerance || y * Math.Log(z / y) >= x - tolerance;
}
