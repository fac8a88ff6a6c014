using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>Rows of every kind of column that a model reads.</summary>
internal static class Shapes
{
    public const int Side = 8;

    private static readonly string[] Names = ["bar", "disc", "ring"];

    public static List<Row> Create(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(i => Create(random, i))];
    }

    private static Row Create(Random random, int index)
    {
        int kind = index % Names.Length;
        float x = kind + random.NextSingle(), y = (2 * random.NextSingle()) - kind;
        double turn = 2 * Math.PI * random.NextDouble();
        return new Row
        {
            Name = Names[kind],
            IsFirst = kind == 0,
            Time = index,
            Size = x + (0.1f * y),
            Turn = (float)turn,
            Features = [x, y],
            Pose = [y, (float)(turn * 180 / Math.PI), (float)Math.Cos(turn), (float)Math.Sin(turn)],
            Pixels = [.. Enumerable.Range(0, Side * Side).Select(i => (kind == 0 ? i / Side : i % Side) == 3 ? 1 : 0.3f * random.NextSingle())],
            Costs = [x, y, 0.3f - (0.5f * x)],
            IsSeen = [.. Enumerable.Range(0, Side * Side).Select(i => (i + index) % 3 != 0)],
        };
    }

    internal sealed class Row
    {
        public string Name { get; set; } = string.Empty;

        public bool IsFirst { get; set; }

        public double Time { get; set; }

        public float Size { get; set; }

        public float Turn { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [VectorType(4)]
        public float[] Pose { get; set; } = [];

        [VectorType(Side * Side)]
        public float[] Pixels { get; set; } = [];

        [VectorType(3)]
        public float[] Costs { get; set; } = [];

        [VectorType(Side * Side)]
        public bool[] IsSeen { get; set; } = [];
    }
}
