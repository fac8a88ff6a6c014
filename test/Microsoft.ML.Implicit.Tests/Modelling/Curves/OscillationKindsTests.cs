using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;

namespace Microsoft.ML.Implicit.Tests.Modelling.Curves;

/// <summary>Oscillations without starting values reach the loss of a search from the truth.</summary>
[TestClass]
public sealed class OscillationKindsTests
{
    [TestMethod]
    [DataRow(20, 0.55)]
    [DataRow(20, 1.2)]
    [DataRow(40, 0.8)]
    [DataRow(60, 1.7)]
    public void Irregular_times_tell_more_turns_than_half_as_many_as_there_are_points(int count, double turnsPerPoint)
    {
        for (int seed = 0; seed < 3; seed++)
        {
            double frequency = 2 * Math.PI * turnsPerPoint * count / 10;
            foreach (double[] times in new[] { Irregular(count, 0, seed), Uniform(count, seed) })
            {
                AssertFound("a * sin(w * t + p) + c", [3, frequency, 1, 1], times, 0.1, seed);
            }
        }
    }

    [TestMethod]
    public void Noise_is_not_taken_for_a_frequency_that_only_irregular_times_tell()
    {
        for (int seed = 0; seed < 6; seed++)
        {
            double[] times = Irregular(24, 0, seed);
            CurveEstimate estimate = Fit("a * sin(w * t + p) + c", times, Noisy("a * sin(w * t + p) + c", [1, 2, 1, 1], times, 0.4, seed));
            Assert.AreEqual(2, estimate.Parameters[1], 0.3, $"seed {seed}");
        }
    }

    [TestMethod]
    [DataRow(1e6)]
    [DataRow(1e8)]
    public void Frequencies_and_periods_are_found_wherever_times_begin(double origin)
    {
        double[] near = Irregular(60, 0, 3), times = [.. near.Select(t => origin + t)];
        foreach (double period in new[] { 3.3, 0.9 })
        {
            double[] values = Noisy("a * cos(2 * pi * t / T + f) + c", [3, period, 1, 1], near, 0.1, seed: 3);
            double expected = Fit("a * cos(2 * pi * t / T + f) + c", near, values).Loss;
            foreach (string expression in new[]
            {
                "a * cos(2 * pi * t / T + f) + c", "a * sin(w * t + p) + c", "c + a * cos(2 * pi * t / T) + b * sin(2 * pi * t / T)", "c + a * cos(2 * pi * f * t) + b * sin(2 * pi * f * t)",
                "c + a * cos(2 * pi * (t - s) / T)",
            })
            {
                CurveEstimate estimate = Fit(expression, times, values);
                Assert.AreEqual(SolveStatus.Converged, estimate.Status, $"{expression}, period {period}");
                Assert.AreEqual(expected, estimate.Loss, 1e-4 * expected, $"{expression}, period {period}");
            }
        }
    }

    [TestMethod]
    public void Frequencies_that_change_at_a_rate_are_found_with_it()
    {
        double[] times = [.. Enumerable.Range(0, 60).Select(i => 10 * i / 59.0)];
        for (int seed = 0; seed < 3; seed++)
        {
            var random = new Random(seed);
            (double frequency, double rate) = (1 + (8 * random.NextDouble()), 0.8 * (random.NextDouble() - 0.5));
            AssertFound("a * sin(w * t + k * t^2)", [3, frequency, rate], times, 0.1, seed);
            AssertFound("a * sin(w * t + k * t^2 + p) + c", [3, frequency, rate, 1, 2], times, 0.1, seed);
            AssertFound("a * abs(sin(w * t))", [3, frequency], times, 0.1, seed);
        }
    }

    [TestMethod]
    [DataRow("Huber")]
    [DataRow("Tukey")]
    public void Outliers_at_every_fifth_point_lead_to_no_other_frequency(string name)
    {
        RobustLoss loss = RobustLoss.Parse(name, 0.2);
        foreach (int seed in new[] { 1, 2 })
        {
            double[] times = Irregular(60, 0, seed), parameters = [3, 2 * Math.PI * (3 + (5 * seed)) / 10, 1, 1], values = Noisy("a * sin(w * t + p) + c", parameters, times, 0.1, seed);
            var random = new Random(seed);
            for (int i = 1; i < values.Length; i += 5)
            {
                values[i] += 20 * random.NextDouble();
            }

            CurveEstimate estimate = Fit("a * sin(w * t + p) + c", times, values, loss), given = Fit("a * sin(w * t + p) + c", times, values, loss, parameters);
            Assert.AreEqual(SolveStatus.Converged, estimate.Status);
            Assert.IsLessThanOrEqualTo(1.001 * given.Loss, estimate.Loss, $"seed {seed}");
        }
    }

    private static void AssertFound(string expression, double[] parameters, double[] times, double deviation, int seed)
    {
        double[] values = Noisy(expression, parameters, times, deviation, seed);
        CurveEstimate estimate = Fit(expression, times, values), given = Fit(expression, times, values, parameters: parameters);
        Assert.AreEqual(SolveStatus.Converged, estimate.Status, $"{expression}, seed {seed}");
        Assert.IsLessThanOrEqualTo(1.05 * given.Loss, estimate.Loss, $"{expression}, seed {seed}");
    }

    private static CurveEstimate Fit(string expression, double[] times, double[] values, RobustLoss? loss = null, double[]? parameters = null)
    {
        var curve = Curve.Parse(expression, "t");
        var options = new CurveFitOptions { Loss = loss ?? RobustLoss.Squares, StartingValues = curve.Parameters.Zip(parameters ?? []).ToDictionary() };
        return new CurveFitter(curve, options).Fit([new CurvePoints([times], values)])[0];
    }

    private static double[] Noisy(string expression, double[] parameters, double[] times, double deviation, int seed)
    {
        var random = new Random(seed);
        double[] values = new CurveFitter(Curve.Parse(expression, "t")).Evaluate(new CurvePoints([times], times), parameters);
        return [.. values.Select(value => value + (deviation * Math.Sqrt(12) * (random.NextDouble() - 0.5)))];
    }

    // Regular times, each moved by nearly half a step at most.
    private static double[] Irregular(int count, double origin, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => origin + (10 * (i + (0.9 * (random.NextDouble() - 0.5))) / (count - 1)))];
    }

    private static double[] Uniform(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 10 * random.NextDouble()).Order()];
    }
}
