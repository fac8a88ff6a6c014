using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Tests.Modelling.Curves;

[TestClass]
public sealed class CertifiedRegressionTests
{
    public static IEnumerable<object[]> Starts => CertifiedRegression.All.SelectMany(regression => regression.Starts.Select((_, start) => new object[] { regression.Name, start }));

    public static IEnumerable<object[]> Names => CertifiedRegression.All.Select(regression => new object[] { regression.Name });

    [TestMethod]
    [DynamicData(nameof(Starts))]
    public void A_fit_has_the_certified_digits_from_each_of_the_given_starts(string name, int start)
    {
        CertifiedRegression regression = CertifiedRegression.Of(name);
        AssertCertified(regression, Fit(regression, regression.Start(start)));
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void A_fit_finds_the_certified_optimum_without_a_start(string name)
    {
        CertifiedRegression regression = CertifiedRegression.Of(name);
        CurveEstimate estimate = Fit(regression, []);
        Assert.AreEqual(SolveStatus.Converged, estimate.Status);
        Assert.AreEqual(regression.SumOfSquares, 2 * estimate.Loss, 1e-7 * regression.SumOfSquares);
    }

    [TestMethod]
    [DataRow(1e-9, 1e9)]
    [DataRow(1e9, 1e-9)]
    public void Units_of_inputs_and_values_change_nothing_but_the_units_of_the_results(double input, double value)
    {
        foreach (string name in new[] { "Misra1a", "Rat42", "BoxBOD" })
        {
            CertifiedRegression regression = CertifiedRegression.Of(name);
            CertifiedRegression changed = regression with { X = [.. regression.X.Select(x => x * input)], Y = [.. regression.Y.Select(y => y * value)] };
            CurveEstimate estimate = Fit(changed, []);
            Assert.AreEqual(SolveStatus.Converged, estimate.Status, name);
            Assert.AreEqual(regression.SumOfSquares, 2 * estimate.Loss / value / value, 1e-9 * regression.SumOfSquares, name);
            Assert.AreEqual(regression.Parameters[0], estimate.Parameters[0] / value, 1e-8 * regression.Parameters[0], name);
            Assert.AreEqual(regression.Errors[0], estimate.StandardErrors[0] / value, 1e-7 * regression.Errors[0], name);
        }
    }

    private static CurveEstimate Fit(CertifiedRegression regression, Dictionary<string, double> start)
    {
        var fitter = new CurveFitter(Curve.Parse(regression.Expression, "x"), new CurveFitOptions { StartingValues = start, Search = new() { MaximumIterations = 2000 } });
        return fitter.Fit([new CurvePoints([regression.X], regression.Y)])[0];
    }

    private static void AssertCertified(CertifiedRegression regression, CurveEstimate estimate)
    {
        Assert.AreEqual(SolveStatus.Converged, estimate.Status);
        Assert.AreEqual(regression.SumOfSquares, 2 * estimate.Loss, 1e-9 * regression.SumOfSquares);
        var curve = Curve.Parse(regression.Expression, "x");
        for (int i = 0; i < regression.Parameters.Length; i++)
        {
            int j = curve.Parameters.ToList().IndexOf(CertifiedRegression.NameOf(i));
            Assert.AreEqual(regression.Parameters[i], estimate.Parameters[j], 1e-8 * Math.Abs(regression.Parameters[i]), $"b{i + 1}");
            Assert.AreEqual(regression.Errors[i], estimate.StandardErrors[j], 1e-7 * regression.Errors[i], $"standard error of b{i + 1}");
        }
    }
}
