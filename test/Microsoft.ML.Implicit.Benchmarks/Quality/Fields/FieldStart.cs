using Microsoft.ML.Implicit.Layers.Fields;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Fields;

/// <summary>Fields that runs begin with.</summary>
internal static class FieldStart
{
    /// <summary>A sum of waves of all axes with random sizes, which meets boundaries of value or slope 0.</summary>
    public static double[] Waves(FieldGrid grid, Random random, int most)
    {
        double[][] first = AxisWaves(grid.Axes[0], random, most), last = grid.Axes.Count == 2 ? AxisWaves(grid.Axes[1], random, most) : [[1]];
        double[] field = new double[grid.PointCount];
        for (int i = 0; i < first.Length; i++)
        {
            for (int j = 0; j < last.Length; j++)
            {
                double size = random.NextNormal() / (1 + (i * i) + (j * j));
                for (int place = 0; place < field.Length; place++)
                {
                    field[place] += size * first[i][place / last[j].Length] * last[j][place % last[j].Length];
                }
            }
        }

        return field;
    }

    private static double[][] AxisWaves(GridAxis axis, Random random, int most)
    {
        double[] places = [.. axis.Positions.Select(x => x / axis.Length)];
        return [.. Enumerable.Range(axis.Lower is { IsSlope: false } ? 1 : 0, most).Select(k =>
        {
            double phase = 2 * Math.PI * random.NextDouble();
            return places.Select(x => axis.Lower switch
            {
                null => Math.Cos((2 * Math.PI * k * x) + phase),
                { IsSlope: true } => Math.Cos(Math.PI * k * x),
                _ => Math.Sin(Math.PI * k * x),
            }).ToArray();
        })];
    }
}
