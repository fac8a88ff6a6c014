using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Training;

[TestClass]
public class ConformalCalibrationTests
{
    [TestMethod]
    public void The_factor_is_the_quantile_of_scores_with_room_for_one_more()
    {
        var calibration = new ConformalCalibration(countsSeries: false, drifts: false);
        for (int i = 1; i <= 99; i++)
        {
            calibration.Add("one series", i, 0, i % 2 == 0 ? i : -i, 1);
        }

        Assert.AreEqual(95, calibration.Factors(0.95)[0]);
        Assert.AreEqual(50, calibration.Factors(0.5)[0]);
    }

    [TestMethod]
    public void New_series_are_covered_as_promised_though_errors_within_a_series_are_alike()
    {
        var random = new Random(1);
        double covered = 0;
        const int repetitions = 2000;
        for (int repetition = 0; repetition < repetitions; repetition++)
        {
            var calibration = new ConformalCalibration(countsSeries: true, drifts: false);
            for (int series = 0; series < 40; series++)
            {
                double level = random.NextDouble();
                for (int i = 0; i < 1 + random.Next(10); i++)
                {
                    calibration.Add(series, 0, 0, level * random.NextDouble(), 1);
                }
            }

            covered += random.NextDouble() * random.NextDouble() <= calibration.Factors(0.9)[0] ? 1 : 0;
        }

        Assert.AreEqual(0.9, covered / repetitions, 0.02);
    }

    [TestMethod]
    public void Stretches_of_a_single_series_are_covered_as_promised_though_errors_within_a_stretch_are_alike()
    {
        var random = new Random(1);
        double covered = 0;
        const int repetitions = 2000;
        for (int repetition = 0; repetition < repetitions; repetition++)
        {
            var calibration = new ConformalCalibration(countsSeries: false, drifts: false);
            for (int stretch = 0; stretch < 15; stretch++)
            {
                double level = random.NextDouble();
                for (int i = 0; i < 30; i++)
                {
                    calibration.Add("one series", stretch, 0, level * random.NextDouble(), 1);
                }
            }

            covered += random.NextDouble() * random.NextDouble() <= calibration.Factors(0.9)[0] ? 1 : 0;
        }

        Assert.AreEqual(0.9, covered / repetitions, 0.02);
    }

    [TestMethod]
    public void Late_stretches_of_a_drifting_series_count_more()
    {
        var becomesHarder = new ConformalCalibration(countsSeries: false, drifts: true);
        var becomesEasier = new ConformalCalibration(countsSeries: false, drifts: true);
        for (int stretch = 0; stretch < 100; stretch++)
        {
            becomesHarder.Add("one series", stretch, 0, stretch < 95 ? 1 : 2, 1);
            becomesEasier.Add("one series", stretch, 0, stretch < 5 ? 2 : 1, 1);
        }

        Assert.AreEqual(2, becomesHarder.Factors(0.9)[0]);
        Assert.AreEqual(1, becomesEasier.Factors(0.9)[0]);
    }

    [TestMethod]
    public void Beyond_what_the_stretches_can_promise_the_largest_score_counts()
    {
        var calibration = new ConformalCalibration(countsSeries: false, drifts: false);
        for (int i = 0; i < 60; i++)
        {
            calibration.Add("one series", i / 10, 0, i, 1);
        }

        Assert.AreEqual(59, calibration.Factors(0.95)[0]);
    }

    [TestMethod]
    public void Too_few_scores_are_replaced_by_the_normal_distribution()
    {
        Assert.AreEqual(1.959964, new ConformalCalibration(countsSeries: false, drifts: false).Factors(0.95)[0], 1e-5);
    }
}
