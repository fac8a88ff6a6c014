using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Tests.Modelling.Curves;

/// <summary>Curves that turn or rise between two points, where tangents tell little.</summary>
[TestClass]
public sealed class BrokenCurveTests
{
    [TestMethod]
    [DataRow("c + L / (1 + exp(-k * (t - m)))", 1)]
    [DataRow("L / (1 + exp(-k * (t - m)))", 0)]
    [DataRow("L / (1 + exp(-(t - m) / s))", 0)]
    [DataRow("L * exp(-exp(-k * (t - m)))", 0)]
    public void A_step_between_two_points_has_its_plateaus_and_a_place_between_them(string expression, double floor)
    {
        var curve = Curve.Parse(expression, "t");
        double[] times = [.. Enumerable.Range(0, 25).Select(i => 10 * i / 24.0)];
        for (int seed = 0; seed < 8; seed++)
        {
            var random = new Random(seed);
            double place = 3 + (4 * random.NextDouble()), before = times.Last(t => t < place), after = times.First(t => t > place);
            double[] values = [.. times.Select(t => floor + (t < place ? 0 : 3) + (0.1 * (random.NextDouble() - 0.5)))];
            CurveEstimate estimate = new CurveFitter(curve).Fit([new CurvePoints([times], values)])[0];
            int height = curve.Parameters.ToList().IndexOf("L"), middle = curve.Parameters.ToList().IndexOf("m");
            Assert.IsTrue(estimate.Status is SolveStatus.Singular or SolveStatus.Converged, $"seed {seed}: {estimate.Status}");
            Assert.AreEqual(3, estimate.Parameters[height], 0.06, $"seed {seed}");
            Assert.IsTrue(estimate.Parameters[middle] >= before - 0.5 && estimate.Parameters[middle] <= after + 0.5, $"seed {seed}: {estimate.Parameters[middle]}");
            Assert.IsTrue(estimate.Status == SolveStatus.Converged || estimate.StandardErrors.All(double.IsNaN));
        }
    }

    [TestMethod]
    [DataRow("a + b * t + c * max(t - m, 0)")]
    [DataRow("a + b * min(t, m)")]
    [DataRow("a + b * abs(t - m)")]
    public void A_broken_line_may_break_at_a_point(string expression)
    {
        var curve = Curve.Parse(expression, "t");
        int place = curve.Parameters.ToList().IndexOf("m");
        double[] times = [.. Enumerable.Range(0, 16).Select(i => (double)i)];
        for (int seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            double breaks = 4 + (8 * random.NextDouble());
            double[] values = [.. times.Select(t => 1 + (2 * Math.Min(t, breaks)) + (expression.Contains("abs", StringComparison.Ordinal) ? -2 * Math.Max(t - breaks, 0) : 0) + (2 * (random.NextDouble() - 0.5)))];
            CurveEstimate estimate = new CurveFitter(curve).Fit([new CurvePoints([times], values)])[0];
            Assert.AreEqual(SolveStatus.Converged, estimate.Status, $"seed {seed}, at {estimate.Parameters[place]}");
            foreach (double held in Enumerable.Range(20, 101).Select(i => 0.1 * i))
            {
                var bounds = new Dictionary<string, double> { ["m"] = held };
                CurveEstimate other = new CurveFitter(curve, new CurveFitOptions { LowerBounds = bounds, UpperBounds = bounds }).Fit([new CurvePoints([times], values)])[0];
                Assert.IsLessThanOrEqualTo(other.Loss * (1 + 1e-6), estimate.Loss, $"seed {seed}: {estimate.Parameters[place]} and not {held}");
            }
        }
    }

    [TestMethod]
    [DataRow("min(a + b * t, c)", new[] { 2.5, 0.03, 7 }, 300, 7)]
    [DataRow("min(a + b * t, c)", new[] { 2.5, 0.03, 7 }, 300, 11)]
    [DataRow("max(a + b * t, 0)", new[] { -4.0, 0.04 }, 300, 11)]
    public void A_plateau_may_begin_at_a_point(string expression, double[] parameters, double span, int count)
    {
        var fitter = new CurveFitter(Curve.Parse(expression, "t"));
        double[] times = [.. Enumerable.Range(0, count).Select(i => span * i / (count - 1))];
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            double[] values = [.. fitter.Evaluate(new CurvePoints([times], times), parameters).Select(value => value + (random.NextDouble() - 0.5))];
            CurveEstimate estimate = fitter.Fit([new CurvePoints([times], values)])[0];
            Assert.AreEqual(SolveStatus.Converged, estimate.Status, $"seed {seed}");
            for (int j = 0; j < parameters.Length; j++)
            {
                foreach (double share in new[] { -1e-4, 1e-4 })
                {
                    var held = new Dictionary<string, double> { [fitter.Curve.Parameters[j]] = estimate.Parameters[j] * (1 + share) };
                    var start = fitter.Curve.Parameters.Zip(estimate.Parameters).ToDictionary(pair => pair.First, pair => held.GetValueOrDefault(pair.First, pair.Second));
                    CurveEstimate other = new CurveFitter(fitter.Curve, new CurveFitOptions { StartingValues = start, LowerBounds = held, UpperBounds = held }).Fit([new CurvePoints([times], values)])[0];
                    Assert.IsLessThanOrEqualTo(other.Loss * (1 + 1e-8), estimate.Loss, $"seed {seed}, {fitter.Curve.Parameters[j]}");
                }
            }
        }
    }
}
