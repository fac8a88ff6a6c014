using System.Numerics;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian.Managed;

namespace Microsoft.ML.Implicit.Tests.Solvers.Sde;

[TestClass]
public sealed class NormalGeneratorTests
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    [TestMethod]
    public void Pairs_are_those_of_Box_and_Muller_by_the_functions_of_the_runtime()
    {
        foreach (ulong counter in (ulong[])[0, 1, 12345, ulong.MaxValue])
        {
            for (int block = 0; block < 2000; block++)
            {
                ulong[] keys = [.. Enumerable.Range(0, Vector<ulong>.Count).Select(lane => NormalGenerator.Combine((ulong)block, (ulong)lane))];
                (Vector<double> x, Vector<double> y) = NormalGenerator.Pair(new Vector<ulong>(keys), counter);
                Assert.AreEqual(x, NormalGenerator.First(new Vector<ulong>(keys), counter));
                for (int lane = 0; lane < keys.Length; lane++)
                {
                    double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(keys[lane] + counter)));
                    (double sine, double cosine) = Math.SinCos(Math.Tau * Uniform(keys[lane] + counter + Golden));
                    Assert.AreEqual(radius * cosine, x[lane], 4e-15);
                    Assert.AreEqual(radius * sine, y[lane], 4e-15);
                }
            }
        }
    }

    // Logarithms near their zero and at the far end, angles at the ends of their quarters, by keys whose bits are found backward.
    [TestMethod]
    [DataRow(0UL, 0UL)]
    [DataRow(0UL, 1UL << 62)]
    [DataRow(1UL << 12, 1UL << 63)]
    [DataRow(ulong.MaxValue, 3UL << 62)]
    [DataRow(ulong.MaxValue - (1UL << 12), ulong.MaxValue)]
    [DataRow(0x4AFB0CCC06219B7CUL, 1UL << 61)]
    public void The_ends_of_the_uniform_numbers_are_right_too(ulong first, ulong second)
    {
        Vector<double> x = NormalGenerator.First(new Vector<ulong>(Unmix(first)), 0);
        double radius = Math.Sqrt(-2 * Math.Log(1 - ((first >> 12) * Math.Pow(2, -52))));
        double cosine = Math.Cos(Math.Tau * Uniform(Unmix(first) + Golden));
        Assert.AreEqual(radius * cosine, x[0], 4e-15);

        Vector<double> other = NormalGenerator.First(new Vector<ulong>(Unmix(second) - Golden), 0);
        double otherRadius = Math.Sqrt(-2 * Math.Log(1 - Uniform(Unmix(second) - Golden)));
        Assert.AreEqual(otherRadius * Math.Cos(Math.Tau * ((second >> 12) * Math.Pow(2, -52))), other[0], 4e-15);
    }

    private static double Uniform(ulong place) => (Mix(place) >> 12) * Math.Pow(2, -52);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static ulong Unmix(ulong z)
    {
        z = (z ^ (z >> 31) ^ (z >> 62)) * 0x319642B2D24D8EC3;
        z = (z ^ (z >> 27) ^ (z >> 54)) * 0x96DE1B173F119089;
        return z ^ (z >> 30) ^ (z >> 60);
    }
}
