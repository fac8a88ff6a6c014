using Microsoft.ML.Implicit.Solvers.Sde.Brownian.Managed;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Parts of tasks for meta-learning: of each task no row, one, two, four and so on are adapted to, drawn anew for each number, and others are predicted, so that what is learned
/// serves for few rows as for more.
/// </summary>
/// <param name="Support">Rows that are adapted to.</param>
/// <param name="Query">Rows that are predicted.</param>
/// <param name="Shares">The share of each part in the mean loss, <c>[parts]</c>: all tasks count the same.</param>
internal sealed record TaskSplits(TaskRows Support, TaskRows Query, Tensor Shares)
{
    // With more rows than these a task has little to learn from others, and adapting to it costs the more.
    private const int MostSupportRows = 32;
    private const int MostQueryRows = 64;

    /// <param name="rows">All rows.</param>
    /// <param name="names">Names of the tasks, which say what is drawn of each: their order does not matter.</param>
    /// <param name="seed">Seed.</param>
    public static TaskSplits Draw(TaskRows rows, IReadOnlyList<string> names, int seed)
    {
        int[][] members = rows.Members();
        var support = new PartBuilder();
        var query = new PartBuilder();
        var shares = new List<double>();
        int eligible = members.Count(task => task.Length > 1);
        for (int task = 0; task < members.Length; task++)
        {
            int[] order = members[task];
            int[] sizes = [.. Sizes(order.Length)];
            var random = new Random(SeedOf(names[task], seed));
            foreach (int size in sizes)
            {
                random.Shuffle(order);
                support.Add(order.AsSpan(0, size), shares.Count);
                query.Add(order.AsSpan(size, Math.Min(order.Length - size, MostQueryRows)), shares.Count);
                shares.Add(1.0 / sizes.Length / eligible);
            }
        }

        return new TaskSplits(support.Build(rows, shares.Count), query.Build(rows, shares.Count), tensor(shares.ToArray()));
    }

    private static int SeedOf(string name, int seed) => (int)name.Aggregate((ulong)seed, (key, letter) => NormalGenerator.Combine(key, letter));

    private static IEnumerable<int> Sizes(int rows)
    {
        for (int size = 0; rows > 1 && size < rows && size <= MostSupportRows; size = Math.Max(1, 2 * size))
        {
            yield return size;
        }
    }

    private sealed class PartBuilder
    {
        private readonly List<long> _rows = [];
        private readonly List<long> _parts = [];

        public void Add(ReadOnlySpan<int> rows, int part)
        {
            foreach (int row in rows)
            {
                _rows.Add(row);
                _parts.Add(part);
            }
        }

        public TaskRows Build(TaskRows source, int partCount)
        {
            using Tensor rows = tensor(_rows.ToArray());
            return source.Select(rows, tensor(_parts.ToArray()), partCount);
        }
    }
}
