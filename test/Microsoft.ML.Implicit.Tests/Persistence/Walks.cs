namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>Series that rise, one with a week's season and one often missing, and a covariate that is known ahead.</summary>
internal static class Walks
{
    public static List<Row> Create(int count, int observations = 14)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => Create(random, observations))];
    }

    private static Row Create(Random random, int observations)
    {
        double[] days = [.. Enumerable.Range(0, observations).Select(_ => 20 * random.NextDouble()).Order()];
        float slope = 1 + random.NextSingle();
        double[] known = [.. Enumerable.Range(0, 30).Select(day => (double)day)];
        return new Row
        {
            Day = days,
            Level = [.. days.Select(day => (float)((slope * day) + Math.Sin(2 * Math.PI * day / 7)))],
            Flow = [.. days.Select(day => random.NextDouble() < 0.3 ? float.NaN : (float)Math.Cos(day))],
            Slope = slope,
            KnownDay = known,
            Known = [.. known.Select(day => (float)(day % 3))],
        };
    }

    internal sealed class Row
    {
        public double[] Day { get; set; } = [];

        public float[] Level { get; set; } = [];

        public float[] Flow { get; set; } = [];

        public float Slope { get; set; }

        public bool IsFast => Slope > 1.5f;

        public string Pace => IsFast ? "fast" : "slow";

        public double[] KnownDay { get; set; } = [];

        public float[] Known { get; set; } = [];
    }
}
