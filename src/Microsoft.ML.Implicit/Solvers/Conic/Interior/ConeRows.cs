using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>Runs independent rows on the caller's thread, or on several, each with a workspace.</summary>
internal static class ConeRows
{
    // Below that, rows are not worth being shared among threads.
    private const long ManyOperations = 1 << 15;

    /// <summary>Runs rows that need no workspace, on several threads where there is enough to do.</summary>
    /// <param name="count">Number of rows.</param>
    /// <param name="operations">Products or sums of a row.</param>
    /// <param name="action">What is done with a row.</param>
    public static void ForEach(int count, long operations, Action<int> action) =>
        ForEach<object?>(count, count * operations < ManyOperations ? 1 : 0, () => null, (_, row) => action(row), CancellationToken.None);

    public static void ForEach<TWorker>(int count, int maximumParallelism, Func<TWorker> create, Action<TWorker, int> action, CancellationToken cancellation)
    {
        int parallelism = Math.Min(maximumParallelism > 0 ? maximumParallelism : get_num_threads(), count);
        var idle = new ConcurrentBag<TWorker>();
        if (parallelism <= 1)
        {
            TWorker? worker = default;
            for (int row = 0; row < count; row++)
            {
                action(worker ??= create(), row);
            }

            return;
        }

        // More tasks than threads come and go; they hand their workspace on.
        var options = new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation };
        Parallel.For(0, count, options, () => idle.TryTake(out TWorker? worker) ? worker : create(), (row, _, worker) =>
        {
            action(worker, row);
            return worker;
        }, idle.Add);
    }
}
