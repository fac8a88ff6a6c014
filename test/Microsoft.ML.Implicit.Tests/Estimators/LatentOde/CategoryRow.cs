namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>A series with a category of its own and a covariate that is one.</summary>
internal sealed class CategoryRow
{
    /// <summary>What series do.</summary>
    public static readonly string[] Kinds = ["rising", "falling", "still"];

    public double[] Time { get; set; } = [];

    public float[] Level { get; set; } = [];

    public string Kind { get; set; } = string.Empty;

    public string[] Mode { get; set; } = [];

    /// <summary>Series that rise, fall or stay, as their kind says.</summary>
    public static List<CategoryRow> Create(int count, int seed = 1)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(i =>
            {
                double[] times = [.. Enumerable.Range(0, 8).Select(j => j + random.NextDouble())];
                double slope = (i % 3) switch { 0 => 1, 1 => -1, _ => 0 };
                return new CategoryRow
                {
                    Time = times,
                    Level = [.. times.Select(time => (float)((slope * time) + (0.1 * random.NextDouble())))],
                    Kind = Kinds[i % 3],
                    Mode = [.. times.Select(_ => random.NextDouble() < 0.5 ? "on" : "off")],
                };
            }),
        ];
    }

    public CategoryRow OfKind(string kind) => new() { Time = Time, Level = Level, Kind = kind, Mode = Mode };
}
