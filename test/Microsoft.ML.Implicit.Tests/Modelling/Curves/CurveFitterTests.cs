using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;

namespace Microsoft.ML.Implicit.Tests.Modelling.Curves;

[TestClass]
public sealed class CurveFitterTests
{
    private static readonly double[] Concentrations = [0.02, 0.02, 0.06, 0.06, 0.11, 0.11, 0.22, 0.22, 0.56, 0.56, 1.10, 1.10];
    private static readonly double[] Rates = [76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200];

    [TestMethod]
    public void Enzyme_kinetics_have_the_estimates_and_covariances_of_R()
    {
        // nls(rate ~ Vm * conc / (K + conc), Puromycin, state == "treated") of R 4.2.2, whose manual prints 212.7 and 0.06412.
        CurveEstimate estimate = Fit("Vm * c / (K + c)", new(), new CurvePoints([Concentrations], Rates));
        Assert.AreEqual(SolveStatus.Converged, estimate.Status);
        AssertClose([212.683741623, 0.064121279], estimate.Parameters, 1e-7);
        AssertClose([48.2629636681, 0.0440145296606, 0.0440145296606, 6.85741204077e-05], estimate.Covariance, 1e-6);
        Assert.AreEqual(1195.448814439, 2 * estimate.Loss, 1e-8);
        Assert.AreEqual(12, estimate.Points);
    }

    [TestMethod]
    public void Weights_count_points_that_often_and_missing_points_do_not_count()
    {
        double[] weights = [1, 2, 1, 3, 1, 1, 0, 1, 2, 1, 1, 1];
        int[] repeated = [.. weights.SelectMany((weight, i) => Enumerable.Repeat(i, (int)weight))];
        CurveEstimate weighted = Fit("Vm * c / (K + c)", new(), new CurvePoints([Concentrations], Rates, weights));
        CurveEstimate often = Fit("Vm * c / (K + c)", new(), new CurvePoints([[.. repeated.Select(i => Concentrations[i])]], [.. repeated.Select(i => Rates[i])]));
        AssertClose(often.Parameters, weighted.Parameters, 1e-8);

        CurveEstimate plain = Fit("Vm * c / (K + c)", new(), new CurvePoints([Concentrations], Rates));
        CurveEstimate gaps = Fit("Vm * c / (K + c)", new(), new CurvePoints([[.. Concentrations, 0.3, double.NaN]], [.. Rates, double.NaN, 100]));
        CollectionAssert.AreEqual(plain.Parameters, gaps.Parameters);
        Assert.AreEqual(12, gaps.Points);
    }

    [TestMethod]
    public void A_bound_that_holds_a_parameter_fits_the_others_as_if_it_were_a_number()
    {
        var bounded = new CurveFitOptions { LowerBounds = new Dictionary<string, double> { ["K"] = 0.1 } };
        CurveEstimate held = Fit("Vm * c / (K + c)", bounded, new CurvePoints([Concentrations], Rates));
        CurveEstimate fixedOne = Fit("Vm * c / (0.1 + c)", new(), new CurvePoints([Concentrations], Rates));
        Assert.AreEqual(SolveStatus.Converged, held.Status);
        Assert.AreEqual(0.1, held.Parameters[1]);
        Assert.AreEqual(fixedOne.Parameters[0], held.Parameters[0], 1e-8 * fixedOne.Parameters[0]);
        Assert.AreEqual(fixedOne.StandardErrors[0], held.StandardErrors[0], 1e-7 * fixedOne.StandardErrors[0]);
        Assert.AreEqual(0, held.StandardErrors[1]);
    }

    [TestMethod]
    [DataRow("Huber")]
    [DataRow("Cauchy")]
    [DataRow("Tukey")]
    [DataRow("Welsch")]
    [DataRow("GemanMcClure")]
    public void Robust_losses_keep_to_the_curve_beside_outliers_in_every_unit(string name)
    {
        double[] times = [.. Enumerable.Range(0, 40).Select(i => 0.1 * i)];
        var random = new Random(3);
        double[] values = [.. times.Select((t, i) => (2 * Math.Exp(-0.8 * t)) + 0.5 + (0.01 * (random.NextDouble() - 0.5)) + (i % 9 == 4 ? 3 : 0))];
        double plain = Math.Abs(Fit("a * exp(-k * t) + c", new(), new CurvePoints([times], values)).Parameters[1] - 0.8);
        CurveEstimate? first = null;
        foreach (double unit in new[] { 1, 1e-7, 1e7 })
        {
            var options = new CurveFitOptions { Loss = RobustLoss.Parse(name, 0.02 * unit) };
            CurveEstimate estimate = Fit("a * exp(-k * t) + c", options, new CurvePoints([times], [.. values.Select(value => value * unit)]));
            first ??= estimate;
            Assert.AreEqual(SolveStatus.Converged, estimate.Status);
            Assert.AreEqual(0.8, estimate.Parameters[1], 0.02, name);
            Assert.IsLessThan(plain / 3, Math.Abs(estimate.Parameters[1] - 0.8));
            Assert.AreEqual(first.Parameters[1], estimate.Parameters[1], 1e-8);
            Assert.AreEqual(first.StandardErrors[0], estimate.StandardErrors[0] / unit, 1e-6 * first.StandardErrors[0]);
        }
    }

    [TestMethod]
    public void Each_row_ends_by_itself()
    {
        double[] times = [0, 1, 2, 3, 4, 5], decay = [.. times.Select(t => 3 * Math.Exp(-0.5 * t))];
        var fitter = new CurveFitter(Curve.Parse("a * exp(-k * t)", "t"));
        CurvePoints[] rows =
        [
            new([times], decay),
            new([times], [1, double.PositiveInfinity, 1, 1, 1, 1]),
            new([times], [.. times.Select(_ => double.NaN)]),
            new([[2, 2, 2, 2, 2, 2]], decay),
            new([times], decay, [1, 1, -1, 1, 1, 1]),
            new([[1]], [2]),
        ];
        CurveEstimate[] estimates = fitter.Fit(rows);
        CollectionAssert.AreEqual(
            new[] { SolveStatus.Converged, SolveStatus.InvalidInput, SolveStatus.InvalidInput, SolveStatus.Singular, SolveStatus.InvalidInput, SolveStatus.Singular },
            estimates.Select(estimate => estimate.Status).ToArray());
        AssertClose([3, 0.5], estimates[0].Parameters, 1e-12);
        CurveEstimate alone = fitter.Fit([rows[0]])[0];
        CollectionAssert.AreEqual(alone.Parameters, estimates[0].Parameters);

        var diverging = new CurveFitter(Curve.Parse("a * log(k - t)", "t"), new CurveFitOptions { StartingValues = new Dictionary<string, double> { ["a"] = 1, ["k"] = 1 } });
        Assert.AreEqual(SolveStatus.Diverged, diverging.Fit([rows[0]])[0].Status);
        var once = new CurveFitter(fitter.Curve, new CurveFitOptions { StartingValues = new Dictionary<string, double> { ["a"] = 90, ["k"] = 9 }, Search = new() { MaximumIterations = 1 } });
        Assert.AreEqual(SolveStatus.MaximumIterations, once.Fit([rows[0]])[0].Status);
    }

    /// <summary>A search from a far start may come close at its last step; the search that goes on from there tells what is reached.</summary>
    [TestMethod]
    public void The_status_is_that_of_the_search_that_ends_where_the_estimate_is()
    {
        var random = new Random(1);
        double[] times = [.. Enumerable.Range(0, 40).Select(i => (double)i)];
        double[] values = [.. times.Select(t => (3 * Math.Sin((0.5 * t) + 1)) + (0.1 * (random.NextDouble() - 0.5)))];
        CurveEstimate unlimited = Fit(new()), limited = Fit(new() { MaximumIterations = unlimited.Iterations - 1 });
        Assert.AreEqual(unlimited.Loss, limited.Loss, 1e-9 * unlimited.Loss);
        Assert.AreEqual(SolveStatus.Converged, limited.Status);

        CurveEstimate Fit(LeastSquaresSettings search) =>
            new CurveFitter(Curve.Parse("a * sin(w * t + p)", "t"), new CurveFitOptions { Search = search }).Fit([new CurvePoints([times], values)])[0];
    }

    [TestMethod]
    public void Settings_that_do_not_fit_the_curve_are_named()
    {
        Curve curve = Curve.Parse("a * exp(-k * t)", "t");
        var unknown = new CurveFitOptions { StartingValues = new Dictionary<string, double> { ["b"] = 1 } };
        Assert.Contains("StartingValues names 'b'", Assert.ThrowsExactly<ArgumentException>(() => new CurveFitter(curve, unknown)).Message);
        var crossed = new CurveFitOptions { LowerBounds = new Dictionary<string, double> { ["k"] = 2 }, UpperBounds = new Dictionary<string, double> { ["k"] = 1 } };
        Assert.Contains("leave 'k' no value", Assert.ThrowsExactly<ArgumentException>(() => new CurveFitter(curve, crossed)).Message);
        var outside = new CurveFitOptions { LowerBounds = new Dictionary<string, double> { ["k"] = 2 }, StartingValues = new Dictionary<string, double> { ["k"] = 1 } };
        Assert.Contains("gives 'k' 1, outside of its bounds", Assert.ThrowsExactly<ArgumentException>(() => new CurveFitter(curve, outside)).Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new CurveFitter(curve, new CurveFitOptions { Search = new() { Tolerance = 0 } }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => RobustLoss.Huber(0));
        Assert.Contains("Row 0", Assert.ThrowsExactly<ArgumentException>(() => new CurveFitter(curve).Fit([new CurvePoints([[1, 2]], [1, 2, 3])])).Message);
    }

    [TestMethod]
    public void A_fit_can_be_cancelled() => Assert.ThrowsExactly<OperationCanceledException>(() =>
        new CurveFitter(Curve.Parse("a * exp(-k * t)", "t")).Fit([new CurvePoints([[0, 1, 2]], [1, 2, 3])], new CancellationToken(canceled: true)));

    [TestMethod]
    public void A_long_row_sees_its_cancellation_while_it_looks_for_starts()
    {
        double[] times = [.. Enumerable.Range(0, 20_000).Select(i => i / 200.0)];
        var points = new CurvePoints([times], [.. times.Select(Math.Sin)]);
        var fitter = new CurveFitter(Curve.Parse("A * exp(-g * t) * sin(w * t + p) + B * sin(v * t + q) + c", "t"));
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Assert.ThrowsExactly<OperationCanceledException>(() => fitter.Fit([points], cancellation.Token));
    }

    private static CurveEstimate Fit(string expression, CurveFitOptions options, CurvePoints points) =>
        new CurveFitter(Curve.Parse(expression, expression.Contains("* c /", StringComparison.Ordinal) ? "c" : "t"), options).Fit([points])[0];

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], tolerance * Math.Abs(expected[i]), $"entry {i}");
        }
    }
}
