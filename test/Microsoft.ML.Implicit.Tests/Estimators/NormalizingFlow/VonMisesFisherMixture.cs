using MathNet.Numerics;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

/// <summary>An equal mixture of von Mises-Fisher distributions on the circle or the sphere, exp(κ μ·x) up to a factor.</summary>
/// <param name="Means">Mean directions μ, of length 2 or 3.</param>
/// <param name="Concentration">κ.</param>
internal sealed record VonMisesFisherMixture(double[][] Means, double Concentration)
{
    /// <summary>Draws unit vectors by rejection.</summary>
    public IEnumerable<float[]> Draw(int count, int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            double[] mean = Means[random.Next(Means.Length)];
            double[] x;
            do
            {
                double[] normal = [.. mean.Select(_ => ToyData.Normal(random))];
                double length = Math.Sqrt(normal.Sum(v => v * v));
                x = [.. normal.Select(v => v / length)];
            }
            while (random.NextDouble() > Math.Exp(Concentration * (Dot(mean, x) - 1)));
            yield return [.. x.Select(v => (float)v)];
        }
    }

    /// <summary>Log density with respect to arc length or area, in nats.</summary>
    public double LogDensity(IReadOnlyList<double> x)
    {
        double logNormalization = Means[0].Length == 2
            ? Math.Log(2 * Math.PI * SpecialFunctions.BesselI0(Concentration))
            : Math.Log(4 * Math.PI * Math.Sinh(Concentration) / Concentration);
        return Math.Log(Means.Average(mean => Math.Exp(Concentration * Dot(mean, x)))) - logNormalization;
    }

    private static double Dot(double[] a, IReadOnlyList<double> b) => a.Select((v, i) => v * b[i]).Sum();
}
