using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>A row with what each of the models reads.</summary>
internal sealed class ModelRow
{
    [VectorType(2)]
    public float[]? Features { get; set; }

    [VectorType(1)]
    public float[]? Context { get; set; }

    public float Label { get; set; }

    public bool IsHigh { get; set; }

    [KeyType(3)]
    public uint Class { get; set; }

    public float Weight { get; set; } = 1;

    [VectorType(3)]
    public float[]? Costs { get; set; }

    [VectorType(3)]
    public double[]? Time { get; set; }

    [VectorType(3)]
    public float[]? Level { get; set; }

    public float Run { get; set; }

    public float Hour { get; set; }

    [VectorType(8)]
    public float[]? Field { get; set; }

    [VectorType(3)]
    public float[]? IsSeen { get; set; }

    public static ModelRow[] Create(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(i => Draw(random, i))];
    }

    private static ModelRow Draw(Random random, int number)
    {
        (int run, int hour) = (number / 5, number % 5);
        float x = random.NextSingle(), y = random.NextSingle();
        return new ModelRow
        {
            Features = [x, y],
            Context = [x + random.NextSingle()],
            Label = x - y,
            IsHigh = x > y,
            Class = 1 + (uint)(3 * x),
            Costs = [x, y, 1 - x],
            Time = [0, 0.1 + x, 1.2 + y],
            Level = [x, y, x + y],
            IsSeen = [1, x > y ? 1 : 0, 0],
            Run = run,
            Hour = hour,

            // A wave that moves and fades, and what no equation explains. Later ones fade faster: there is something to learn from them after the first.
            Field = [.. Enumerable.Range(0, 8).Select(point => (float)((Math.Exp((run < 12 ? -0.1 : -0.4) * hour) * Math.Sin((0.25 * Math.PI * (point - (0.6 * hour))) + (1.7 * run))) + (0.05 * Math.Sin((7.9 * number) + (point * point)))))],
        };
    }
}
