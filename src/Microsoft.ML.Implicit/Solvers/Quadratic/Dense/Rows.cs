using System.Collections.Concurrent;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Runs independent rows on the caller's thread, or on several; threads that rows leave over share the work on each.</summary>
internal static class Rows
{
    /// <summary>The threads that each of several rows can have.</summary>
    /// <param name="count">Number of rows.</param>
    /// <param name="maximumParallelism">Most threads in all; 0 means as many as TorchSharp uses.</param>
    public static ThreadTeam TeamOf(int count, int maximumParallelism) => new(Math.Max(Threads(maximumParallelism) / Math.Max(count, 1), 1));

    public static void ForEach<TWorker>(int count, int maximumParallelism, Func<ThreadTeam, TWorker> create, Action<TWorker, int> action, CancellationToken cancellation)
    {
        int parallelism = Math.Min(Threads(maximumParallelism), count);
        ThreadTeam team = TeamOf(count, maximumParallelism);
        if (parallelism <= 1)
        {
            TWorker worker = create(team);
            for (int row = 0; row < count; row++)
            {
                action(worker, row);
            }

            return;
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation };

        // More tasks than threads come and go; they hand their workspace on.
        var idle = new ConcurrentBag<TWorker>();
        Parallel.For(0, count, options, () => idle.TryTake(out TWorker? worker) ? worker : create(team), (row, _, worker) =>
        {
            action(worker, row);
            return worker;
        }, idle.Add);
    }

    private static int Threads(int maximumParallelism) => maximumParallelism > 0 ? maximumParallelism : get_num_threads();
}
