namespace Microsoft.ML.Implicit.Tests.Estimators.LatentSde;

/// <summary>Series of a process that is itself random, observed at irregular times.</summary>
internal sealed class StochasticRow
{
    public double[] Time { get; set; } = [];

    public float[] Value { get; set; } = [];

    public double[] ForecastTime { get; set; } = [];

    /// <summary>Paths of dx = -x dt + ½ dW from its stationary law on, by exact transitions.</summary>
    public static StochasticRow[] CreateOrnsteinUhlenbeck(int series, int seed, int observations = 30)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, series).Select(_ =>
        {
            double[] times = [.. Enumerable.Range(0, observations).Select(i => 0.2 * (i + (0.5 * random.NextDouble())))];
            var values = new float[observations];
            double last = OrnsteinUhlenbeck.StationaryDeviation * Normal(random);
            for (int i = 0; i < observations; i++)
            {
                double gap = i == 0 ? 0 : times[i] - times[i - 1];
                last = (last * Math.Exp(-gap)) + (OrnsteinUhlenbeck.Deviation(gap) * Normal(random));
                values[i] = (float)last;
            }

            return new StochasticRow { Time = times, Value = values, ForecastTime = [times[^1] + 0.5] };
        })];
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
