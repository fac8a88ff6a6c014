using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>Runs independent rows on the caller's thread, or on several, each with a workspace.</summary>
internal static class ConeRows
{
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
