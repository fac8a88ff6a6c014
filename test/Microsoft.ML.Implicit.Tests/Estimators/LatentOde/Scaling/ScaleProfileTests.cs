using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Scaling;

[TestClass]
public sealed class ScaleProfileTests
{
    [TestMethod]
    public void Scales_that_are_too_small_early_and_too_large_late_are_corrected()
    {
        double[] ratios = Fit(place => place < 0.1 ? 1.2 : 0.8).Ratios[0];
        Assert.AreEqual(1.5, ratios[0] / ratios[^1], 0.1);
        Assert.IsTrue(ratios.Zip(ratios.Skip(1)).All(pair => pair.First >= pair.Second - 0.1), string.Join(' ', ratios));
    }

    [TestMethod]
    public void Scales_that_are_right_are_left_alone()
    {
        foreach (double ratio in Fit(_ => 1).Ratios[0])
        {
            Assert.AreEqual(1, ratio, 0.05);
        }
    }

    [TestMethod]
    public void Times_without_errors_and_few_series_change_nothing()
    {
        CollectionAssert.AreEqual(ScaleProfile.Flat(1).Ratios[0], ScaleProfileTraining.Fit([], variables: 1, countsSeries: true).Ratios[0]);
        double[] ofFew = ScaleProfileTraining.Fit([.. Errors(place => 1 + place, series: 4).Select(error => error with { Stretch = 0 })], variables: 1, countsSeries: true).Ratios[0];
        CollectionAssert.AreEqual(ScaleProfile.Flat(1).Ratios[0], ofFew);
        double[] late = ScaleProfileTraining.Fit([.. Errors(_ => 1, series: 50).Select(error => error with { Place = 1 })], variables: 1, countsSeries: true).Ratios[0];
        Assert.IsTrue(late.All(ratio => Math.Abs(ratio - 1) < 1e-9), string.Join(' ', late));
    }

    [TestMethod]
    public void The_rounding_of_times_is_no_error_at_the_next_knot()
    {
        // All errors stand at one knot, or a rounding beside it.
        double[] Ratios(double rounding) => ScaleProfileTraining.Fit(
            [.. Errors(_ => 1, series: 50).Select((error, i) => error with { Place = (i % 2 == 0 ? 0.25 : 0.5) + rounding })], variables: 1, countsSeries: true).Ratios[0];
        double[] exact = Ratios(0);
        foreach (double rounding in new[] { -1e-16, 1e-16, 3e-12, -3e-12 })
        {
            Assert.IsTrue(exact.Zip(Ratios(rounding)).All(pair => Math.Abs(pair.First - pair.Second) < 1e-6), $"{rounding}: {string.Join(' ', Ratios(rounding))}");
        }
    }

    [TestMethod]
    public void Ratios_are_linear_between_knots_and_constant_outside()
    {
        var profile = new ScaleProfile([[2, 1, 1, 1, 3]]);
        Assert.AreEqual(2, profile.At(0, 0));
        Assert.AreEqual(1.5, profile.At(0, 1.5 / 16), 1e-12);
        Assert.AreEqual(2, profile.At(0, 0.75), 1e-12);
        Assert.AreEqual(3, profile.At(0, 7));
    }

    private static ScaleProfile Fit(Func<double, double> deviation, int series = 200) => ScaleProfileTraining.Fit([.. Errors(deviation, series)], variables: 1, countsSeries: true);

    private static IEnumerable<ScaledError> Errors(Func<double, double> deviation, int series)
    {
        var random = new Random(1);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        for (int i = 0; i < series; i++)
        {
            object owner = i;
            for (int k = 1; k <= 32; k++)
            {
                yield return new ScaledError(owner, k / 8, 0, k / 32.0, deviation(k / 32.0) * Normal(), 1);
            }
        }
    }
}
