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

    public static ModelRow[] Create(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => Draw(random))];
    }

    private static ModelRow Draw(Random random)
    {
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
        };
    }
}
