namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

internal sealed class WaveForecast
{
    public float[] Forecast { get; set; } = [];

    public float[] Lower { get; set; } = [];

    public float[] Upper { get; set; } = [];

    public static void AssertEqual(WaveForecast expected, WaveForecast actual, string message)
    {
        float[] left = [.. expected.Forecast, .. expected.Lower, .. expected.Upper];
        float[] right = [.. actual.Forecast, .. actual.Lower, .. actual.Upper];
        Assert.HasCount(left.Length, right, message);
        for (int i = 0; i < left.Length; i++)
        {
            Assert.AreEqual(left[i], right[i], 2e-5 * (1 + Math.Abs(left[i])), message);
        }
    }
}
