using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Runs independent rows on the caller's thread, or on several.</summary>
internal static class Rows
{
    public static void ForEach<TWorker>(int count, int maximumParallelism, Func<TWorker> create, Action<TWorker, int> action, CancellationToken cancellation)
    {
        int parallelism = Math.Min(maximumParallelism > 0 ? maximumParallelism : get_num_threads(), count);
        if (parallelism <= 1)
        {
            TWorker worker = create();
            for (int row = 0; row < count; row++)
            {
                action(worker, row);
            }

            return;
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation };
        Parallel.For(0, count, options, create, (row, _, worker) =>
        {
            action(worker, row);
            return worker;
        }, _ => { });
    }
}
