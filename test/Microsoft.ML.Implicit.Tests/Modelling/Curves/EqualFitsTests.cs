using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Tests.Modelling.Curves;

/// <summary>Without starting values, rows of one curve have the same one of several sets of parameters that it is the same curve with.</summary>
[TestClass]
public sealed class EqualFitsTests
{
    [TestMethod]
    [DataRow("P * (1 - exp(-a * t / P)) * exp(-b * t / P)", new[] { 20, 0.1, 0.004 }, 16, 2000)]
    [DataRow("m * (p + q)^2 / p * exp(-(p + q) * t) / (1 + q / p * exp(-(p + q) * t))^2", new[] { 24000, 0.01, 0.4 }, 24, 24)]
    [DataRow("m * (1 - exp(-(p + q) * t)) / (1 + q / p * exp(-(p + q) * t))", new[] { 24000, 0.01, 0.4 }, 24, 24)]
    [DataRow("a + (b - a) / (1 + exp(4 * m / (b - a) * (l - t) + 2))", new[] { 0.08, 1.4, 0.2, 5 }, 30, 24)]
    [DataRow("(a * t + P - sqrt((a * t + P)^2 - 4 * h * a * t * P)) / (2 * h) - R", new[] { 0.05, 25, 0.7, 1 }, 16, 2000)]
    [DataRow("(a * b + c * t^d) / (b + t^d)", new[] { 10, 50, 140, 2.2 }, 25, 40)]
    public void Rates_and_scales_are_positive(string expression, double[] parameters, int count, double last)
    {
        double[] times = [.. Enumerable.Range(1, count).Select(i => last * i / count)];
        for (int seed = 0; seed < 6; seed++)
        {
            var random = new Random(seed);
            double[] truth = [.. parameters.Select(parameter => parameter * (0.9 + (0.2 * random.NextDouble())))];
            CurveEstimate estimate = Fit(expression, truth, times, 0.01, random);
            Assert.AreEqual(SolveStatus.Converged, estimate.Status);
            for (int i = 0; i < truth.Length; i++)
            {
                Assert.AreEqual(truth[i], estimate.Parameters[i], 0.5 * truth[i], $"parameter {i}, seed {seed}");
            }
        }
    }

    [TestMethod]
    [DataRow("max(h - k * abs(t - m), c)", new[] { 14, 1.2, 24.3, 2 }, 0, 50, 51)]
    [DataRow("A / t^5 / (exp(14388 / (t * T)) - 1)", new double[] { 10, 5000 }, 0.3, 3, 40)]
    public void Parameters_are_drawn_near_their_size(string expression, double[] parameters, double first, double last, int count)
    {
        double[] times = [.. Enumerable.Range(0, count).Select(i => first + ((last - first) * i / (count - 1)))];
        for (int seed = 0; seed < 6; seed++)
        {
            var random = new Random(seed);
            double[] truth = [.. parameters.Select(parameter => parameter * (0.8 + (0.4 * random.NextDouble())))];
            CurveEstimate estimate = Fit(expression, truth, times, 0.02, random);
            Assert.AreEqual(SolveStatus.Converged, estimate.Status);
            for (int i = 0; i < truth.Length; i++)
            {
                Assert.AreEqual(truth[i], estimate.Parameters[i], 0.1 * truth[i], $"parameter {i}, seed {seed}");
            }
        }
    }

    private static CurveEstimate Fit(string expression, double[] parameters, double[] times, double noise, Random random)
    {
        var fitter = new CurveFitter(Curve.Parse(expression, "t"));
        double[] clean = fitter.Evaluate(new CurvePoints([times], times), parameters);
        double deviation = noise * (clean.Max() - clean.Min());
        return fitter.Fit([new CurvePoints([times], [.. clean.Select(value => value + (deviation * (random.NextDouble() - 0.5)))])])[0];
    }
}
