namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>Series that are drawn, at irregular times, and numbers that they are to tell.</summary>
internal static class GeneratedValues
{
    private const int TrainingSeries = 1000;
    private const int TestSeries = 1000;
    private const int Waves = 4;
    private const double End = 10;
    private const int FineSteps = 1000;

    /// <summary>Smooth paths in the plane whose coordinates are observed in turn, at random: the signed area between the path and its chord (Lévy's area).</summary>
    public static (LabelledSeries[] Train, LabelledSeries[] Test) Area(int seed) => Draw(seed, random =>
    {
        Func<double, double> x = Wave(random), y = Wave(random);
        double[] times = Times(random, 40);
        bool[] areOfX = [.. times.Select(_ => random.Next(2) == 0)];
        double area = 0;
        for (int i = 0; i < FineSteps; i++)
        {
            double now = End * i / FineSteps, next = End * (i + 1) / FineSteps;
            area += 0.5 * (((x(now) - x(0)) * (y(next) - y(now))) - ((y(now) - y(0)) * (x(next) - x(now))));
        }

        return new LabelledSeries
        {
            Time = times,
            Channels = [[.. times.Zip(areOfX, (time, isOfX) => isOfX ? (float)x(time) : float.NaN)], [.. times.Zip(areOfX, (time, isOfX) => isOfX ? float.NaN : (float)y(time))]],
            Value = (float)area,
        };
    });

    /// <summary>Smooth signals: how often they change their sign.</summary>
    public static (LabelledSeries[] Train, LabelledSeries[] Test) Crossings(int seed) => Draw(seed, random =>
    {
        Func<double, double> signal = Wave(random);
        double[] times = Times(random, 40);
        return new LabelledSeries
        {
            Time = times,
            Channels = [[.. times.Select(time => (float)signal(time))]],
            Value = Enumerable.Range(0, FineSteps).Count(i => signal(End * i / FineSteps) * signal(End * (i + 1) / FineSteps) < 0),
        };
    });

    /// <summary>Stationary Ornstein-Uhlenbeck processes of mean 0 and deviation 1: the logarithm of the rate at which they return, from 0.2 to 5.</summary>
    public static (LabelledSeries[] Train, LabelledSeries[] Test) Reversion(int seed) => Draw(seed, random =>
    {
        double logarithm = Math.Log(0.2) + (Math.Log(25) * random.NextDouble()), value = random.NextNormal();
        double[] times = Times(random, 60);
        float[] values = new float[times.Length];
        for (int i = 0; i < times.Length; i++)
        {
            double kept = i == 0 ? 1 : Math.Exp(-Math.Exp(logarithm) * (times[i] - times[i - 1]));
            value = (kept * value) + (Math.Sqrt(1 - (kept * kept)) * random.NextNormal());
            values[i] = (float)value;
        }

        return new LabelledSeries { Time = times, Channels = [values], Value = (float)logarithm };
    });

    private static (LabelledSeries[] Train, LabelledSeries[] Test) Draw(int seed, Func<Random, LabelledSeries> create)
    {
        var random = new Random(seed);
        LabelledSeries[] all = [.. Enumerable.Range(0, TrainingSeries + TestSeries).Select(_ => create(random))];
        return (all[..TrainingSeries], all[TrainingSeries..]);
    }

    // A sum of waves with random frequencies and phases.
    private static Func<double, double> Wave(Random random)
    {
        (double Size, double Frequency, double Phase)[] waves =
            [.. Enumerable.Range(0, Waves).Select(_ => (random.NextNormal(), 0.2 + (1.8 * random.NextDouble()), 2 * Math.PI * random.NextDouble()))];
        return time => waves.Sum(wave => wave.Size * Math.Sin((wave.Frequency * time) + wave.Phase));
    }

    private static double[] Times(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => End * random.NextDouble()).Order()];
}
