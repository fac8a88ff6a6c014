using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;

namespace Microsoft.ML.Implicit.Tests.Modelling.Curves;

/// <summary>Properties that hold for whole kinds of curves, at parameters and noise drawn from seeds.</summary>
[TestClass]
public sealed class CurveKindsTests
{
    [TestMethod]
    [DataRow("a * sin(w * t + p)", 12, 1)]
    [DataRow("a * sin(w * t + p) + c", 20, 3600)]
    [DataRow("a * sin(w * (t - s)) + c", 24, 0.01)]
    [DataRow("a * exp(-k * t) * sin(w * t + p)", 40, 1)]
    [DataRow("a * cos(2 * pi * t / w + p) + c", 14, 1)]
    [DataRow("a * cos(2 * pi * t / w + p) + c", 56, 86400)]
    public void Oscillations_at_regular_times_have_the_lowest_of_the_frequencies_that_the_times_cannot_tell_apart(string expression, int count, double step)
    {
        for (int seed = 0; seed < 5; seed++)
        {
            foreach (bool hasGaps in new[] { false, true })
            {
                var random = new Random(seed);
                double[] times = [.. Enumerable.Range(0, hasGaps ? count + (count / 6) : count).Where(i => !hasGaps || i % 7 != 6).Select(i => i * step)];
                double span = times[^1], frequency = 2 * Math.PI * (1.2 + ((0.35 * count) * random.NextDouble())) / span, phase = 6 * random.NextDouble();
                double decay = expression.Contains("exp", StringComparison.Ordinal) ? 0.7 / span : 0;
                CurveEstimate estimate = Fit(expression, times, Noisy(times, t => 3 * Math.Exp(-decay * t) * Math.Sin((frequency * t) + phase), 0.05, random));
                double found = estimate.Parameters[Curve.Parse(expression, "t").Parameters.ToList().IndexOf("w")];
                Assert.AreEqual(SolveStatus.Converged, estimate.Status);
                Assert.AreEqual(frequency, expression.Contains('/', StringComparison.Ordinal) ? 2 * Math.PI / found : found, 0.05 * frequency, $"seed {seed}, gaps {hasGaps}");
            }
        }
    }

    [TestMethod]
    public void A_frequency_beyond_half_a_turn_a_step_is_found_where_it_is_asked_for()
    {
        double[] times = Grid(40, 0, 39), values = Noisy(times, t => Math.Sin(2 * t), 0.01, new Random(1));
        var bounds = new CurveFitOptions { LowerBounds = new Dictionary<string, double> { ["w"] = 4 }, UpperBounds = new Dictionary<string, double> { ["w"] = 6 } };
        CurveEstimate estimate = Fit("a * sin(w * t + p)", times, values, bounds);
        Assert.AreEqual((2 * Math.PI) - 2, estimate.Parameters[1], 1e-3);
    }

    [TestMethod]
    [DataRow("a * exp(-(t / tau)^b)", 5, 2, 0.6)]
    [DataRow("a * exp(-(t / tau)^b)", 5, 2, 1.6)]
    [DataRow("a * (1 - exp(-(t / tau)^b))", 5, 2, 0.6)]
    [DataRow("d + (a - d) / (1 + (t / c)^b)", 0.5, 2, 4, 0.6)]
    [DataRow("d + (a - d) / (1 + (t / c)^(-b))", 0.5, 2, 4, 1.6)]
    [DataRow("a * (1 - exp(-k * t))^b", 5, 0.4, 0.7)]
    [DataRow("a + (k * t)^0.5", 5, 0.4)]
    [DataRow("a + sqrt(k * t)", 5, 0.4)]
    [DataRow("a / (1 + b * exp(k * (t - 3)))", 5, 1, 300)]
    public void A_curve_that_is_finite_at_zero_is_fitted_there(string expression, params double[] parameters)
    {
        var curve = Curve.Parse(expression, "t");
        double[] times = Grid(21, 0, 10);
        for (int seed = 0; seed < 3; seed++)
        {
            var random = new Random(seed);
            double[] values = [.. new CurveFitter(curve).Evaluate(new CurvePoints([times], times), parameters).Select(value => value + (0.01 * (random.NextDouble() - 0.5)))];
            var given = new CurveFitOptions { StartingValues = curve.Parameters.Zip(parameters, (name, value) => (name, 1.02 * value)).ToDictionary() };
            CurveEstimate near = Fit(expression, times, values, given), estimate = Fit(expression, times, values);
            if (parameters.Contains(300))
            {
                // A step between two points: where it is, and how steep, is not told, but derivatives are numbers.
                Assert.AreNotEqual(SolveStatus.Diverged, near.Status);
                continue;
            }

            Assert.AreEqual(SolveStatus.Converged, near.Status);
            Assert.AreEqual(SolveStatus.Converged, estimate.Status);
            Assert.AreEqual(near.Loss, estimate.Loss, 1e-6 * near.Loss);
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1e5)]
    [DataRow(1e7)]
    [DataRow(1.7e9)]
    public void Curves_that_begin_before_the_times_are_found_wherever_those_lie(double origin)
    {
        double[] times = Grid(20, origin, origin + 1000);
        for (int seed = 0; seed < 2; seed++)
        {
            var random = new Random(seed);
            double distance = 10 + (40 * random.NextDouble());
            foreach ((string expression, Func<double, double> curve) in new (string, Func<double, double>)[]
            {
                ("a * (t - s)^b", t => 3 * Math.Sqrt(t)), ("c + a * log(t - s)", t => 3 * Math.Log(t)), ("c + a * sqrt(t - s)", t => 3 * Math.Sqrt(t)), ("a / (t - s)", t => 100 / t),
            })
            {
                CurveEstimate estimate = Fit(expression, times, Noisy(times, t => curve(t - origin + distance), 0.001, random));
                int place = Curve.Parse(expression, "t").Parameters.ToList().IndexOf("s");
                Assert.AreEqual(SolveStatus.Converged, estimate.Status, expression);
                Assert.AreEqual(origin - distance, estimate.Parameters[place], Math.Max(6 * estimate.StandardErrors[place], 1e-5), expression);
            }

            CurveEstimate ending = Fit("a * sqrt(s - t)", times, Noisy(times, t => 3 * Math.Sqrt(origin + 1000 + distance - t), 0.001, random));
            Assert.AreEqual(origin + 1000 + distance, ending.Parameters[1], 0.1);
        }
    }

    [TestMethod]
    [DataRow("a * exp(-k * t) + b * exp(-l * t)", 5, 2, 3, 0.2)]
    [DataRow("a * sin(w * t + p) + c", 2, 5, 1, 3)]
    [DataRow("c + a * cos(2 * pi * (t - s) / P)", 3, 2, 4, 2.3)]
    [DataRow("a * exp(-k * t) * sin(p + w * t) + c", 2, 0.2, 1, 3, 3)]
    [DataRow("a * exp(-((t - m) / s)^2 / 2) + c", 3, 4, 1, 2)]
    [DataRow("a * tanh(k * (t - m)) + c", 3, 1, 4, 2)]
    [DataRow("L / (1 + exp(-k * (t - m))) + c", -3, 1, 4, 2)]
    [DataRow("d + (a - d) / (1 + (t / m)^b)", 4, 1, 3, 1.5)]
    public void The_order_of_points_changes_nothing_and_widths_and_frequencies_are_positive(string expression, params double[] parameters)
    {
        var curve = Curve.Parse(expression, "t");
        for (int seed = 0; seed < 2; seed++)
        {
            var random = new Random(seed);
            double[] times = Grid(40, 0, 10), values = [.. new CurveFitter(curve).Evaluate(new CurvePoints([times], times), parameters).Select(value => value + (0.1 * (random.NextDouble() - 0.5)))];
            CurveEstimate expected = Fit(expression, times, values);
            int[] order = [.. Enumerable.Range(0, times.Length)];
            random.Shuffle(order);
            CurveEstimate shuffled = Fit(expression, [.. order.Select(i => times[i])], [.. order.Select(i => values[i])]);
            Assert.AreEqual(SolveStatus.Converged, expected.Status);
            for (int i = 0; i < parameters.Length; i++)
            {
                Assert.AreEqual(expected.Parameters[i], shuffled.Parameters[i], 1e-9 * Math.Abs(expected.Parameters[i]), curve.Parameters[i]);
                if (parameters.Length < 4 || !expression.Contains(" b ", StringComparison.Ordinal))
                {
                    Assert.AreEqual(parameters[i], expected.Parameters[i], 6 * expected.StandardErrors[i], curve.Parameters[i]);
                }
            }
        }
    }

    [TestMethod]
    public void Terms_of_a_sum_are_found_one_by_one()
    {
        double[] times = Grid(200, 0, 10);
        foreach ((double first, double second, double third) in new[] { (0.4, 0.3, 0.5), (0.5, 0.3, 0.3) })
        {
            CurveEstimate peaks = Fit(
                "a * exp(-((t - m) / s)^2 / 2) + b * exp(-((t - n) / r)^2 / 2) + d * exp(-((t - o) / q)^2 / 2) + c",
                times,
                Noisy(times, t => 2 + (3 * Peak(t, 2, first)) + (2 * Peak(t, 5, second)) + Peak(t, 8, third), 0.02, new Random(1)));
            Assert.AreEqual(SolveStatus.Converged, peaks.Status);
            Assert.AreEqual(0.02, peaks.ResidualDeviation, 0.004);
        }

        double[] months = Grid(120, 0, 20);
        CurveEstimate season = Fit(
            "L / (1 + exp(-k * (t - m))) + a * sin(w * t + p)", months, Noisy(months, t => (3 / (1 + Math.Exp(-0.5 * (t - 10)))) + (0.3 * Math.Sin((5 * t) + 1)), 0.03, new Random(1)));
        Assert.AreEqual(SolveStatus.Converged, season.Status);
        Assert.AreEqual(0.03, season.ResidualDeviation, 0.006);

        static double Peak(double t, double place, double width) => Math.Exp(-Math.Pow((t - place) / width, 2) / 2);
    }

    [TestMethod]
    [DataRow("Cauchy")]
    [DataRow("Tukey")]
    public void Outliers_at_every_third_point_have_no_part_in_an_oscillation(string name)
    {
        double[] times = Grid(60, 0, 10);
        foreach (int seed in new[] { 4, 6, 8, 10 })
        {
            var random = new Random(seed);
            double frequency = 1 + (11 * random.NextDouble());
            double[] values = Noisy(times, t => 1 + (3 * Math.Sin((frequency * t) + 1)), 0.05, random);
            for (int i = 1; i < values.Length; i += 3)
            {
                values[i] += 1 + (49 * random.NextDouble());
            }

            CurveEstimate estimate = Fit("a * sin(w * t + p) + c", times, values, new CurveFitOptions { Loss = RobustLoss.Parse(name, 0.2) });
            Assert.AreEqual(SolveStatus.Converged, estimate.Status);
            Assert.AreEqual(frequency, estimate.Parameters[1], 0.05, $"seed {seed}");
        }
    }

    [TestMethod]
    public void Points_that_do_not_determine_a_parameter_are_told_wherever_it_stands_in_the_curve()
    {
        double[] times = Grid(12, 0.5, 10);
        for (int seed = 0; seed < 3; seed++)
        {
            var random = new Random(seed);
            double[] values = Noisy(times, _ => 1, 0.01, random);
            CurveEstimate none = new CurveFitter(Curve.Parse("d * a * exp(-k * t) + c", "t", "d")).Fit([new CurvePoints([times, [0]], values)])[0];
            Assert.AreEqual(SolveStatus.Singular, none.Status);
            Assert.AreEqual(values.Average(), none.Parameters[2], 1e-9);
            Assert.AreEqual(SolveStatus.Singular, Fit("a * (t / c)^b", times, Noisy(times, t => 2 * Math.Sqrt(t), 0.01, random)).Status);
            Assert.AreEqual(SolveStatus.Singular, Fit("b * a + c * t", times, values, new CurveFitOptions { StartingValues = new Dictionary<string, double> { ["a"] = 1, ["b"] = 1, ["c"] = 0 } }).Status);
        }
    }

    [TestMethod]
    public void A_bound_that_holds_the_first_parameter_leaves_the_others_their_optimum_and_errors()
    {
        double[] times = Grid(20, 0, 10), values = Noisy(times, t => 1 + (5 * Math.Exp(-0.5 * t)), 0.1, new Random(1));
        CurveEstimate held = Fit("c + a * exp(-k * t)", times, values, new CurveFitOptions { LowerBounds = new Dictionary<string, double> { ["c"] = 1.5 } });
        CurveEstimate number = Fit("1.5 + a * exp(-k * t)", times, values);
        Assert.AreEqual(SolveStatus.Converged, held.Status);
        Assert.AreEqual(1.5, held.Parameters[0]);
        for (int i = 0; i < 2; i++)
        {
            Assert.AreEqual(number.Parameters[i], held.Parameters[i + 1], 1e-7 * number.Parameters[i]);
            Assert.AreEqual(number.StandardErrors[i], held.StandardErrors[i + 1], 1e-6 * number.StandardErrors[i]);
        }
    }

    private static CurveEstimate Fit(string expression, double[] times, double[] values, CurveFitOptions? options = null) =>
        new CurveFitter(Curve.Parse(expression, "t"), options).Fit([new CurvePoints([times], values)])[0];

    private static double[] Grid(int count, double first, double last) => [.. Enumerable.Range(0, count).Select(i => first + ((last - first) * i / (count - 1)))];

    // Noise between plus and minus twice its deviation, nearly.
    private static double[] Noisy(double[] times, Func<double, double> curve, double deviation, Random random) =>
        [.. times.Select(t => curve(t) + (deviation * Math.Sqrt(12) * (random.NextDouble() - 0.5)))];
}
