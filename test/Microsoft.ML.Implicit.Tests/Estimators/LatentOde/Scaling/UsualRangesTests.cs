using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Scaling;

[TestClass]
public class UsualRangesTests
{
    [TestMethod]
    public void Ordinary_values_stay_as_they_are_to_the_last_bit()
    {
        var random = new Random(1);
        float[] normal = [.. Enumerable.Range(0, 1000).Select(_ => (float)Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * MathF.Cos(MathF.Tau * random.NextSingle()))];
        float[] skewed = [.. normal.Select(MathF.Exp)];
        float[] growing = [.. Enumerable.Range(0, 200).Select(i => MathF.Pow(1.05f, i))];
        float[] seldom = [.. Enumerable.Range(0, 1000).Select(i => i % 250 == 0 ? 1f : 0)];
        foreach (float[] values in new[] { normal, skewed, growing, seldom, [1, 2], [5], [0, float.NaN, float.PositiveInfinity, 1, 3, float.NegativeInfinity] })
        {
            TimeSeries series = Series(values);
            CollectionAssert.AreEqual(values, new UsualRanges([series]).Winsorize(series).Values[0]);
        }
    }

    [TestMethod]
    public void A_value_of_another_order_counts_as_one_at_ten_times_the_usual_distance()
    {
        foreach (int count in new[] { 5, 51, 1001 })
        {
            float[] values = [.. Enumerable.Range(0, count).Select(i => i % 3 - 1f)];
            foreach ((float absurd, float expected) in new[] { (1e7f, 10f), (-3e38f, -10f), (11f, 10f), (9f, 9f) })
            {
                values[3] = absurd;
                TimeSeries series = new([.. values.Select((_, i) => (double)i)], [values], [], [.. values.Select((_, i) => (double)i)], [values]);
                TimeSeries winsorized = new UsualRanges([series]).Winsorize(series);
                Assert.AreEqual(expected, winsorized.Values[0][3]);
                Assert.AreEqual(expected, winsorized.Covariates[0][3]);
                CollectionAssert.AreEqual(values[4..], winsorized.Values[0][4..]);
            }
        }
    }

    [TestMethod]
    public void One_absurd_value_in_training_leaves_forecasts_in_the_order_of_the_data()
    {
        foreach (float absurd in new[] { 1e3f, 1e7f, -1e30f })
        {
            List<WaveRow> rows = Waves.Create(30);
            rows[2].Sine[5] = absurd;
            using LatentOdeTransformer model = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru, options => options.Training.MaximumEpochs = 5, rows);
            WaveForecast answer = WaveModels.Transform(model, Waves.Create(1, seed: 5)[0])[0];
            for (int m = 0; m < 3; m++)
            {
                Assert.AreEqual(5, answer.Forecast[m], 10, $"{absurd}");
                Assert.IsLessThan(100, answer.Upper[m] - answer.Lower[m], $"{absurd}");
            }
        }
    }

    private static TimeSeries Series(float[] values) => new([.. values.Select((_, i) => (double)i)], [values], [], [], []);
}
