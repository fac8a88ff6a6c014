using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;

namespace Microsoft.ML.Implicit.Tests.Modelling.Curves;

[TestClass]
public sealed class CurveStartTests
{
    private const double Seconds = 1.7e9;

    [TestMethod]
    [DataRow(1, 0)]
    [DataRow(7, 0)]
    [DataRow(28, 0)]
    [DataRow(45, 0)]
    [DataRow(28, 300)]
    [DataRow(28, Seconds)]
    public void An_oscillation_is_found_however_many_turns_it_makes_and_wherever_times_begin(int turns, double origin)
    {
        double frequency = 2 * Math.PI * turns / 10;
        double[] times = Irregular(100, origin, 10, seed: turns), values = Noisy(times, t => 3 + (2 * Math.Sin((frequency * (t - origin)) + 1)), 0.3);
        CurveEstimate estimate = Fit("c + a * sin(w * t + p)", times, values);
        AssertNear(3, estimate, 0);
        AssertNear(2, estimate, 1, isMagnitude: true);
        AssertNear(frequency, estimate, 2, isMagnitude: true);
    }

    [TestMethod]
    public void Frequencies_are_found_beside_decay_in_sums_as_periods_and_as_places()
    {
        double[] times = Irregular(200, 0, 10, seed: 2);
        CurveEstimate damped = Fit("a * exp(-k * t) * sin(w * t + p) + c", times, Noisy(times, t => 1 + (5 * Math.Exp(-0.4 * t) * Math.Sin((4 * Math.PI * t) + 2)), 0.1));
        AssertNear(0.4, damped, 1);
        AssertNear(4 * Math.PI, damped, 2, isMagnitude: true);

        CurveEstimate two = Fit("c + a * sin(w * t + p) + b * sin(v * t + q)", times, Noisy(times, t => 5 + (3 * Math.Sin(14 * t)) + (2 * Math.Cos(31 * t)), 0.5));
        AssertNear(14, two, two.Parameters[2] < 20 ? 2 : 5, isMagnitude: true);
        AssertNear(31, two, two.Parameters[2] < 20 ? 5 : 2, isMagnitude: true);

        double[] days = Grid(365, 0, 364);
        AssertNear(7.3, Fit("c + a * cos(2 * pi * t / T) + b * sin(2 * pi * t / T)", days, Noisy(days, t => 5 + Math.Cos(2 * Math.PI * t / 7.3), 0.5)), 2);

        double[] clock = Irregular(150, Seconds, 1e5, seed: 3);
        CurveEstimate placed = Fit("c + a * sin(w * (t - s))", clock, Noisy(clock, t => 5 + (3 * Math.Sin(2 * Math.PI * (t - Seconds) / 3600)), 0.5));
        AssertNear(2 * Math.PI / 3600, placed, 2, isMagnitude: true);
        Assert.IsLessThan(3600, Math.Abs(placed.Parameters[3] - Seconds - 5e4) - 5e4, "a place is told near the times");
    }

    [TestMethod]
    [DataRow(0.01)]
    [DataRow(0.1)]
    [DataRow(0.5)]
    [DataRow(-0.5)]
    public void An_exponential_is_found_where_times_begin_far_from_zero(double rate)
    {
        double[] times = Grid(12, 300, 311), values = Noisy(times, t => 5 * Math.Exp(-rate * (t - 300)), 0.001);
        CurveEstimate estimate = Fit("a * exp(-k * t)", times, values);
        AssertNear(rate, estimate, 1);
        Assert.AreEqual(Math.Log(5) + (300 * rate), Math.Log(estimate.Parameters[0]), 6 * estimate.StandardErrors[0] / estimate.Parameters[0]);
    }

    [TestMethod]
    public void Parameters_that_are_no_numbers_are_told_and_a_curve_that_measures_times_from_an_origin_has_them()
    {
        double[] times = Grid(20, Seconds, Seconds + 3600), values = Noisy(times, t => 1 + (5 * Math.Exp(-1e-3 * (t - Seconds))), 0.01);
        Assert.AreEqual(SolveStatus.OutOfRange, Fit("a * exp(-k * t) + c", times, values).Status);
        CurveEstimate estimate = Fit("a * exp(-k * (t - 1.7e9)) + c", times, values);
        AssertNear(5, estimate, 0);
        AssertNear(1e-3, estimate, 1);
        AssertNear(1, estimate, 2);

        double[] near = Grid(12, 300, 311);
        CurveEstimate steep = Fit("a * exp(-k * t)", near, Noisy(near, t => 5 * Math.Exp(-2 * (t - 300)), 0.001));
        Assert.AreEqual(SolveStatus.OutOfRange, steep.Status, "the factor is 1e261, and its variance no number");
        Assert.IsTrue(double.IsNaN(steep.StandardErrors[0]));
    }

    [TestMethod]
    [DataRow(1500)]
    [DataRow(2900)]
    public void A_peak_is_found_in_either_half_of_the_times(double place)
    {
        double[] times = Grid(50, Seconds, Seconds + 3600), values = Noisy(times, t => 1 + (5 * Math.Exp(-Math.Pow((t - Seconds - place) / 200, 2))), 0.05);
        CurveEstimate estimate = Fit("a * exp(-((t - m) / s)^2) + c", times, values);
        AssertNear(5, estimate, 0);
        AssertNear(Seconds + place, estimate, 1);
    }

    [TestMethod]
    [DataRow("Cauchy")]
    [DataRow("Tukey")]
    [DataRow("Welsch")]
    [DataRow("GemanMcClure")]
    public void Losses_that_redescend_leave_gross_outliers_alone_wherever_they_stand(string name)
    {
        double[] times = Grid(40, 0, 4), clean = Noisy(times, t => 0.5 + (2 * Math.Exp(-0.8 * t)), 0.01);
        foreach (double outlier in new[] { 3, 300, 1e6 })
        {
            foreach (Func<int, double> gross in new Func<int, double>[] { i => i % 9 == 4 ? outlier : 0, i => i < 6 ? outlier : 0, i => i % 5 < 2 ? outlier * (1 + (i % 3)) : 0 })
            {
                CurveEstimate estimate = Fit("a * exp(-k * t) + c", times, [.. clean.Select((value, i) => value + gross(i))], RobustLoss.Parse(name, 0.05));
                AssertNear(0.8, estimate, 1, name);
            }
        }

        CurveEstimate line = Fit("a + b * t", times, [.. times.Select((t, i) => 1 + t + (0.01 * Math.Sin(40 * t)) + (i < 15 ? 1e5 : 0))], RobustLoss.Parse(name, 0.05));
        Assert.AreEqual(1, line.Parameters[1], 0.02, name);
    }

    [TestMethod]
    public void Rows_that_do_not_determine_a_parameter_say_so()
    {
        double[] times = Grid(12, 1, 12);
        foreach (string expression in new[] { "a * exp(-k * t) + c", "c + a * sin(w * t + p)", "a * (1 - exp(-k * t))", "a / (1 + exp(b - k * t))", "a * exp(-((t - m) / s)^2) + c", "a / (1 + (t / m)^h)" })
        {
            foreach (double value in new[] { 0, 5, 0.1, 1e-9, 3e12 })
            {
                CurveEstimate estimate = Fit(expression, times, [.. times.Select(_ => value)]);
                Assert.AreEqual(SolveStatus.Singular, estimate.Status, $"{expression} at {value}: {string.Join(", ", estimate.Parameters)}");
                Assert.IsTrue(estimate.StandardErrors.All(double.IsNaN));
            }
        }

        foreach (string expression in new[] { "a + b * t", "a * t^b", "a * exp(-k * t)", "a * t / (b + t)" })
        {
            CurveEstimate estimate = Fit(expression, times, [.. times.Select(_ => 0.1)]);
            Assert.AreEqual(SolveStatus.Converged, estimate.Status, expression);
            Assert.AreEqual(0.1, estimate.Parameters[0], 1e-12, expression);
            Assert.AreEqual(0, estimate.Parameters[1], 1e-12, expression);
        }
    }

    private static CurveEstimate Fit(string expression, double[] times, double[] values, RobustLoss? loss = null) =>
        new CurveFitter(Curve.Parse(expression, "t"), new CurveFitOptions { Loss = loss ?? RobustLoss.Squares }).Fit([new CurvePoints([times], values)])[0];

    private static void AssertNear(double expected, CurveEstimate estimate, int parameter, string? message = null, bool isMagnitude = false)
    {
        Assert.AreEqual(SolveStatus.Converged, estimate.Status, message);
        double value = isMagnitude ? Math.Abs(estimate.Parameters[parameter]) : estimate.Parameters[parameter];
        Assert.AreEqual(expected, value, 6 * estimate.StandardErrors[parameter], message);
        Assert.AreEqual(expected, value, 0.1 * Math.Abs(expected), message);
    }

    private static void AssertNear(double expected, CurveEstimate estimate, int parameter, bool isMagnitude) => AssertNear(expected, estimate, parameter, null, isMagnitude);

    private static double[] Grid(int count, double first, double last) => [.. Enumerable.Range(0, count).Select(i => first + ((last - first) * i / (count - 1)))];

    private static double[] Irregular(int count, double origin, double span, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => origin + (span * random.NextDouble())).Order()];
    }

    // Noise between plus and minus twice its deviation, nearly.
    private static double[] Noisy(double[] times, Func<double, double> curve, double deviation)
    {
        var random = new Random(times.Length);
        return [.. times.Select(t => curve(t) + (deviation * Math.Sqrt(12) * (random.NextDouble() - 0.5)))];
    }
}
