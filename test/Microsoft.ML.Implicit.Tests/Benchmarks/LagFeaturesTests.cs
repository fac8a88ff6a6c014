using Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

namespace Microsoft.ML.Implicit.Tests.Benchmarks;

[TestClass]
public sealed class LagFeaturesTests
{
    private static readonly double[] Times = [0, 1, 3, 4, 6, 10, 11, 12];
    private static readonly float[] Values = [5, float.NaN, 1, 2, float.NaN, 8, 9, 7];
    private static readonly float[] Other = [1, 2, 3, float.NaN, float.NaN, 6, 7, 8];
    private static readonly float[] Doses = [10, 0, 0, 20, 0, 0, 30, 0];

    [TestMethod]
    public void A_history_is_told_by_its_last_values_and_gaps_levels_slope_season_and_covariates()
    {
        Question question = Series(Values, Other, Doses).Ask(5, 6);
        float[] features = new LagFeatures(question.History, 0, [5]).At(10);
        float[] expected =
        [
            4, // from the last row, at 6, to the time asked for
            2, 2, 1, 1, 5, 3, float.NaN, float.NaN, float.NaN, float.NaN, float.NaN, float.NaN, // values, latest first, each with the time to the next
            3, // the other variable
            8 / 3f, 1, 5, -23 / 26f, // mean, least, greatest and slope
            0, 2, // phase at 10, and the value nearest to 5
            0, 30, 0, // covariate at 10, its sum until 10, its sum after 6
        ];
        CollectionAssert.AreEqual(expected, features);
        Assert.AreEqual(2, new LagFeatures(question.History, 0, [5]).Last);
    }

    [TestMethod]
    public void Nothing_that_comes_after_the_origin_changes_a_feature_except_covariates_until_the_time_asked_for()
    {
        float[] before = Describe(Values, Other, Doses);
        CollectionAssert.AreEqual(before, Describe([.. Values[..5], 100, -100, 100], [.. Other[..5], 100, 100, 100], [.. Doses[..6], 500, 500]));
        CollectionAssert.AreNotEqual(before, Describe(Values, Other, [.. Doses[..5], 500, .. Doses[6..]]));

        static float[] Describe(float[] values, float[] other, float[] doses) => new LagFeatures(Series(values, other, doses).Ask(5, 6).History, 0, [5]).At(10);
    }

    [TestMethod]
    public void The_value_a_season_before_is_observed_whole_periods_earlier()
    {
        var observed = new ObservedValues(Series(Values, Other, Doses).First(5), 0);
        Assert.AreEqual(5, observed.SeasonBefore(7, 6), "One at time 1, where nothing is observed, and 0 is nearest.");
        Assert.AreEqual(1, observed.SeasonBefore(13, 5), "Two periods before is 3; one period before, 8, is not yet known.");
    }

    [TestMethod]
    public void Questions_end_with_the_horizon()
    {
        Question question = Series(Values, Other, Doses).Ask(5, 5);
        CollectionAssert.AreEqual(new double[] { 10, 11 }, question.History.ForecastTime);
        CollectionAssert.AreEqual(new float[] { 8, 9 }, question.Truth[0]);
        CollectionAssert.AreEqual(Times[..5], question.History.Time);
    }

    private static SeriesRow Series(float[] values, float[] other, float[] doses) => SeriesRow.Create(Times, [values, other], Times, [doses]);
}
