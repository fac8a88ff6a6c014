using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.MetaLearning;

/// <summary>A row of one of many tasks, whose level and first slope are the task's own and whose second slope is the same for all.</summary>
internal sealed record TaskRow
{
    public const double SharedSlope = 2;

    [VectorType(2)]
    public float[] Features { get; set; } = [];

    public float Label { get; set; }

    public bool IsHigh { get; set; }

    public string Size { get; set; } = "";

    public string Task { get; set; } = "";

    public int Number { get; set; }

    public float Weight { get; set; } = 1;

    public static TaskRow[] Create(int tasks, int rows, int seed, int first = 0)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(first, tasks).SelectMany(task =>
        {
            double level = 2 * Normal(random), slope = 1 + (0.5 * Normal(random));
            return Enumerable.Range(0, rows).Select(_ =>
            {
                (double x, double y) = (Normal(random), Normal(random));
                double label = level + (slope * x) + (SharedSlope * y) + (0.3 * Normal(random));
                return new TaskRow { Features = [(float)x, (float)y], Label = (float)label, IsHigh = label > 0, Size = label < -1 ? "small" : label < 1 ? "medium" : "large", Task = $"store {task}", Number = task };
            }).ToArray();
        })];
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
