using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Draws the rows that distillation sets out from: each class by its share of the rows, and at least once.</summary>
internal static class DistillationStart
{
    // Of a feature's deviation: one that is the same in all rows drawn could not be learned from.
    private const double Noise = 0.1;

    /// <param name="rows">Rows to draw from.</param>
    /// <param name="loss">Says what targets are.</param>
    /// <param name="count">Rows to draw.</param>
    /// <param name="seed">Seed.</param>
    /// <exception cref="ArgumentException">There are more classes than rows to draw, or no more rows than are to be drawn.</exception>
    public static LinearRows Draw(LinearRows rows, LinearLoss loss, int count, int seed)
    {
        Setting.Require(count < rows.Count, nameof(RowDistillationOptions.Count), $"is {count}, and the data has {rows.Count} rows to be distilled");
        var random = new Random(seed);
        double[] labels = loss.HasClasses ? loss.Labels(rows.Targets).data<double>().ToArray() : new double[rows.Count];
        int[][] classes = [.. labels.Index().GroupBy(label => label.Item, label => label.Index).OrderBy(group => group.Key).Select(group => group.ToArray())];
        Setting.Require(count >= classes.Length, nameof(RowDistillationOptions.Count), $"is {count}, and the data has {classes.Length} classes, each of which needs a row");
        int[] counts = Apportion([.. classes.Select(members => members.Length)], count);
        long[] drawn = [.. classes.Zip(counts).SelectMany(pair => Sample(pair.First, pair.Second, random))];
        using Tensor indices = tensor(drawn);
        return rows.Select(indices) with { Weights = ones([count], ScalarType.Float64) };
    }

    /// <summary>The rows with noise on the features that vary in the data.</summary>
    public static LinearRows Perturb(LinearRows drawn, LinearRows data, int seed)
    {
        using var generator = new Generator((ulong)seed, CPU);
        Tensor deviations = data.Features.std(0, unbiased: false);
        return drawn with { Features = drawn.Features.Plus(randn(drawn.Features.shape, ScalarType.Float64, generator: generator) * deviations * Noise.Held()) };
    }

    // One each, and the others by d'Hondt's method.
    private static int[] Apportion(int[] sizes, int count)
    {
        int[] seats = [.. sizes.Select(_ => 1)];
        for (int left = count - sizes.Length; left > 0; left--)
        {
            seats[Enumerable.Range(0, sizes.Length).MaxBy(i => sizes[i] / (seats[i] + 1.0))]++;
        }

        return seats;
    }

    private static IEnumerable<long> Sample(int[] members, int count, Random random)
    {
        random.Shuffle(members);
        return members.Take(count).Select(member => (long)member);
    }
}
