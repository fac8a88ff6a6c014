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

    [TestMethod]
    [DataRow("a * exp(b * t) * (1 + A * sin(w * t + p))", new[] { 100, 0.02, 0.3, 0.5236, 1 })]
    [DataRow("a * exp(b * t) * (1 + A * sin(w * t) + B * cos(w * t))", new[] { 100, 0.02, 0.2, 0.5236, 0.2 })]
    [DataRow("a * exp(-b * t) * (1 + A * sin(w * t + p))", new[] { 100, 0.02, 0.3, 0.5236, 1 })]
    [DataRow("a * t^b * (1 + A * sin(w * t + p))", new[] { 100, 0.5, 0.3, 0.5236, 1 })]
    public void A_season_is_found_that_is_a_share_of_a_trend(string expression, double[] parameters)
    {
        double[] months = [.. Enumerable.Range(1, 60).Select(i => (double)i)];
        for (int seed = 0; seed < 2; seed++)
        {
            AssertFound(expression, parameters, months, 3, seed);
        }
    }

    [TestMethod]
    [DataRow("a + A * sin(pi * t / P)^2", new[] { 3.0, 5, 7 }, "P")]
    [DataRow("a + A * cos(pi * t / P + p)^2", new[] { 3, 5, 7, 0.5 }, "P")]
    [DataRow("a + A * abs(sin(pi * t / P))", new[] { 3.0, 5, 7 }, "P")]
    [DataRow("A * sin(w * t / 2)^2", new[] { 5, 0.9 }, "w")]
    public void Of_a_squared_sine_the_lowest_frequency_is_told(string expression, double[] parameters, string name)
    {
        double[] days = [.. Enumerable.Range(0, 56).Select(i => (double)i)];
        int frequency = Curve.Parse(expression, "t").Parameters.ToList().IndexOf(name);
        for (int seed = 0; seed < 4; seed++)
        {
            CurveEstimate estimate = Fit(expression, days, Noisy(expression, parameters, days, 0.3, seed));
            Assert.AreEqual(parameters[frequency], estimate.Parameters[frequency], 0.02 * parameters[frequency], $"seed {seed}");
            Assert.AreEqual(5, estimate.Parameters[Math.Max(frequency - 1, 0)], 0.5, $"seed {seed}");
        }
    }

    [TestMethod]
    [DataRow(1.7e9, 9e5, 86400)]
    [DataRow(2450000, 120, 4.23)]
    public void The_place_of_a_wave_lies_within_half_a_turn_of_the_middle_of_far_times(double origin, double span, double period)
    {
        for (int seed = 0; seed < 4; seed++)
        {
            var random = new Random(seed);
            double[] times = [.. Enumerable.Range(0, 60).Select(_ => origin + (span * random.NextDouble()))];
            double[] parameters = [15, 5, origin + (0.3 * span), period], values = Noisy("g + K * cos(2 * pi * (t - s) / P)", parameters, times, 0.5, seed);
            CurveEstimate estimate = Fit("g + K * cos(2 * pi * (t - s) / P)", times, values);
            Assert.AreEqual(origin + (0.5 * span), estimate.Parameters[2], 0.52 * period, $"seed {seed}");
            Assert.IsLessThan(0.1 * period, estimate.StandardErrors[2], $"seed {seed}");
        }
    }

    [TestMethod]
    [DataRow("L * (1 - exp(-k * t)) * (1 + A * sin(w * t + p))", new[] { 1000, 0.06, 0.2, 0.5236, 1 }, 20)]
    [DataRow("a + A * sin(w * t + p) + B * sin(2 * w * t + q)", new[] { 10, 1.5, 0.2618, 1, 3, 2 }, 0.3)]
    [DataRow("exp(a + b * t + A * sin(2 * pi * t / P + p))", new[] { 5, 0.01, 0.4, 12, 1 }, 8)]
    [DataRow("(a + b * t) * (1 + A * sin(2 * pi * t / P + p))", new[] { 100, 2, 0.3, 12, 1 }, 5)]
    public void Frequencies_periods_and_amplitudes_are_positive(string expression, double[] parameters, double deviation)
    {
        double[] months = [.. Enumerable.Range(1, 60).Select(i => (double)i)];
        IReadOnlyList<string> names = Curve.Parse(expression, "t").Parameters;
        for (int seed = 0; seed < 3; seed++)
        {
            CurveEstimate estimate = Fit(expression, months, Noisy(expression, parameters, months, deviation, seed));
            for (int i = 0; i < parameters.Length; i++)
            {
                Assert.AreEqual(parameters[i], estimate.Parameters[i], (0.3 * parameters[i]) + 0.1, $"{names[i]}, seed {seed}");
            }
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
