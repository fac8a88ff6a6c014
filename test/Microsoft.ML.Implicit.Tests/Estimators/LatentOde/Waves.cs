namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>Sine waves of random phase and amplitude, observed at random times; a second variable is their cosine, often missing.</summary>
internal static class Waves
{
    public static List<WaveRow> Create(int series, int seed = 1, int observations = 20)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, series).Select(_ => Row(random, observations))];
    }

    /// <summary>Waves of which both variables are observed whenever one is.</summary>
    public static List<WaveRow> CreateComplete()
    {
        List<WaveRow> rows = Create(30);
        rows.ForEach(row => row.Cosine = [.. row.Time.Select(time => (float)Math.Cos(time))]);
        return rows;
    }

    private static WaveRow Row(Random random, int observations)
    {
        double amplitude = 1 + random.NextDouble();
        double phase = 2 * Math.PI * random.NextDouble();
        double[] times = [.. Enumerable.Range(0, observations).Select(_ => 10 * random.NextDouble()).Order()];
        return new WaveRow
        {
            Time = times,
            Sine = [.. times.Select(time => (float)(5 + (amplitude * Math.Sin(time + phase))))],
            Cosine = [.. times.Select(time => random.NextDouble() < 0.3 ? float.NaN : (float)(amplitude * Math.Cos(time + phase)))],
            ForecastTime = [times[^1] + 0.5, times[^1] + 1],
            Truth = [.. new[] { 0.5, 1 }.Select(ahead => (float)(5 + (amplitude * Math.Sin(times[^1] + ahead + phase))))],
            Amplitude = (float)amplitude,
        };
    }
}
