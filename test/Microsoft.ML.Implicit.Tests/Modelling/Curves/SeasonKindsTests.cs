using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Tests.Modelling.Curves;

/// <summary>Seasons of unknown frequency reach the loss of a search from the truth without starting values, wherever they stand in a curve.</summary>
[TestClass]
public sealed class SeasonKindsTests
{
    [TestMethod]
    [DataRow("(a + b * t) * (1 + c * sin(2 * pi * t / P + p))")]
    [DataRow("(1 + c * sin(2 * pi * t / P + p)) * (b * t + a)")]
    [DataRow("(a + b * t) * (1 - c * sin(2 * pi * t / P + p))")]
    [DataRow("a + b * t + (a + b * t) * c * sin(2 * pi * t / P + p)")]
    public void A_share_of_a_linear_trend_is_found_in_whichever_order_its_factors_are_written(string expression)
    {
        double[] days = Grid(120, 1, 120);
        for (int seed = 0; seed < 4; seed++)
        {
            var random = new Random(seed);
            Dictionary<string, double> truth = new()
            {
                ["a"] = 100 + (100 * random.NextDouble()),
                ["b"] = 0.5 + (2 * random.NextDouble()),
                ["c"] = 0.1 + (0.2 * random.NextDouble()),
                ["P"] = 5 + (8 * random.NextDouble()),
                ["p"] = 1,
            };
            CurveEstimate estimate = AssertFound(expression, truth, days, 0.02, seed);
            double period = estimate.Parameters[Curve.Parse(expression, "t").Parameters.ToList().IndexOf("P")];
            Assert.AreEqual(truth["P"], period, 0.05, $"seed {seed}");
        }
    }

    [TestMethod]
    [DataRow("(a + b * t + c * t^2) * (1 + d * sin(w * t + p))", new[] { 150, 1, 0.03, 0.2, 0.8, 1 })]
    [DataRow("(a + b * max(t - m, 0)) * (1 + c * sin(w * t + p))", new[] { 80, 1, 50, 0.2, 0.8, 1 })]
    [DataRow("(1 + d * sin(2 * w * t + q) + c * sin(w * t + p)) * (a + b * t)", new[] { 0.1, 0.5, 2, 0.2, 1, 150, 2 })]
    [DataRow("(a + b * t) * (1 + c * sin(w * t + p)) * (1 + d * sin(v * t + q))", new[] { 150, 2, 0.2, 0.25, 1, 0.15, 1.4, 2 })]
    [DataRow("exp(a + b * t) * (1 + c * sin(w * t + p))", new[] { 4, 0.01, 0.2, 0.8, 1 })]
    [DataRow("exp(a + b * t + c * sin(w * t + p))", new[] { 4, 0.01, 0.2, 0.8, 1 })]
    [DataRow("exp(a + b * t) + c * sin(w * t + p)", new[] { 4, 0.01, 20, 0.8, 1 })]
    [DataRow("log(a + b * t) + c * sin(w * t + p)", new[] { 10, 1, 0.2, 0.8, 1 })]
    [DataRow("sqrt(a + b * sin(w * t + p))", new[] { 4, 1, 0.8, 1 })]
    [DataRow("1 / (a + b * sin(w * t + p))", new[] { 4, 1, 0.8, 1 })]
    [DataRow("1 / (1 + exp(-(a + b * t + c * sin(w * t + p))))", new[] { -0.5, 0.01, 1, 0.8, 1 })]
    [DataRow("abs(a * sin(w * t + p))", new[] { 3, 0.4, 1 })]
    [DataRow("a * sin(w * t + p) * sin(v * t + q)", new[] { 4, 0.11, 1, 1.3, 2 })]
    [DataRow("c + a * (1 + m * sin(w * t + p)) * sin(v * t + q)", new[] { 2, 4, 0.5, 0.12, 1, 1.3, 2 })]
    [DataRow("(a + b * sin(w * t + p)) * sin(v * t + q)", new[] { 4, 2, 0.12, 1, 1.3, 2 })]
    [DataRow("exp(a + b * t + c * sin(2 * pi * t / 48 + p) + d * sin(2 * pi * t / P + q))", new[] { 4, 0.005, 0.3, 2, 0.15, 10.3, 1 })]
    public void Seasons_beside_and_inside_of_functions_are_found(string expression, double[] parameters)
    {
        double[] days = Grid(96, 1, 96);
        Dictionary<string, double> truth = Curve.Parse(expression, "t").Parameters.Zip(parameters).ToDictionary();
        for (int seed = 0; seed < 2; seed++)
        {
            AssertFound(expression, truth, days, 0.03, seed);
        }
    }

    [TestMethod]
    [DataRow("a + c * sin(2 * pi * t / 86400 + p)")]
    [DataRow("a + c * cos(p - 2 * pi * t / 86400)")]
    [DataRow("a + c * sin(2 * pi * (t / 86400 + p))")]
    public void Phases_lie_within_half_a_turn_of_zero_at_times_in_seconds(string expression)
    {
        double[] times = Grid(150, 1.7e9, 1.7e9 + 864000);
        double half = expression.Contains("+ p))", StringComparison.Ordinal) ? 0.5 : Math.PI;
        for (int seed = 0; seed < 5; seed++)
        {
            Dictionary<string, double> truth = new() { ["a"] = 15, ["c"] = 5, ["p"] = half * (0.9 - (0.4 * seed)) };
            CurveEstimate estimate = AssertFound(expression, truth, times, 0.03, seed);
            double phase = estimate.Parameters[Curve.Parse(expression, "t").Parameters.ToList().IndexOf("p")];
            Assert.AreEqual(truth["p"], phase, 0.02 * half, $"seed {seed}");
        }
    }

    // Noise is a share of the curve's deviation.
    private static CurveEstimate AssertFound(string expression, Dictionary<string, double> truth, double[] times, double noise, int seed)
    {
        var curve = Curve.Parse(expression, "t");
        var random = new Random(seed);
        double[] clean = new CurveFitter(curve).Evaluate(new CurvePoints([times], times), [.. curve.Parameters.Select(name => truth[name])]);
        double deviation = noise * Math.Sqrt(clean.Average(value => Math.Pow(value - clean.Average(), 2)));
        var points = new CurvePoints([times], [.. clean.Select(value => value + (deviation * Math.Sqrt(12) * (random.NextDouble() - 0.5)))]);
        CurveEstimate estimate = new CurveFitter(curve).Fit([points])[0], given = new CurveFitter(curve, new CurveFitOptions { StartingValues = truth }).Fit([points])[0];
        Assert.AreEqual(SolveStatus.Converged, estimate.Status, $"{expression}, seed {seed}");
        Assert.IsLessThanOrEqualTo(1.001 * given.Loss, estimate.Loss, $"{expression}, seed {seed}");
        return estimate;
    }

    private static double[] Grid(int count, double first, double last) => [.. Enumerable.Range(0, count).Select(i => first + ((last - first) * i / (count - 1)))];
}
