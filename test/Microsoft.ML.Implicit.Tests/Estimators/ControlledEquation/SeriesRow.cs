namespace Microsoft.ML.Implicit.Tests.Estimators.ControlledEquation;

/// <summary>A series whose label is what its level does in time, seen at irregular times and with gaps; its noise says nothing.</summary>
internal sealed class SeriesRow
{
    private static readonly string[] Names = ["falls", "rises", "turns"];

    public double[] Time { get; set; } = [];

    public float[] Level { get; set; } = [];

    public float[] Noise { get; set; } = [];

    public double[] DoseTime { get; set; } = [];

    public float[] Dose { get; set; } = [];

    public string[] Ward { get; set; } = [];

    public float Age { get; set; } = 1;

    public string Place { get; set; } = "here";

    public string Course { get; set; } = string.Empty;

    public bool Rises { get; set; }

    public float Slope { get; set; }

    public static List<SeriesRow> Create(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => Draw(random, i % Names.Length))];
    }

    public SeriesRow Clone() => (SeriesRow)MemberwiseClone();

    private static SeriesRow Draw(Random random, int kind)
    {
        int points = random.Next(4, 12);
        double[] times = [.. Enumerable.Range(0, points).Select(_ => 10 * random.NextDouble()).Order()];
        double slope = (0.5 + random.NextDouble()) * (kind == 0 ? -1 : 1), offset = random.NextDouble();
        float Level(double time) => (float)(offset + (slope * (kind == 2 ? Math.Abs(time - 5) : time - 5)) + (0.2 * random.NextDouble()));
        return new SeriesRow
        {
            Time = times,
            Level = [.. times.Select((time, i) => i > 1 && random.NextDouble() < 0.3 ? float.NaN : Level(time))],
            Noise = [.. times.Select(_ => random.NextSingle())],
            DoseTime = [times[0] + 0.5, times[0] + 2],
            Dose = [random.NextSingle(), random.NextSingle()],
            Ward = ["a", random.Next(2) == 0 ? "b" : "c"],
            Age = random.NextSingle(),
            Place = random.Next(2) == 0 ? "here" : "there",
            Course = Names[kind],
            Rises = kind == 1,
            Slope = (float)slope,
        };
    }
}
