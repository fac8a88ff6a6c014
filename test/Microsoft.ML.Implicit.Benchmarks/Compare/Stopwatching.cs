using System.Diagnostics;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>Median wall time of repeated calls.</summary>
internal static class Stopwatching
{
    // By then the runtime has replaced its first, unoptimised code.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>Runs an action for two seconds to warm up, then <paramref name="repetitions"/> times.</summary>
    /// <returns>The median of those, in milliseconds.</returns>
    public static double MedianMilliseconds(Action action, torch.Device device, int repetitions)
    {
        long warmUpStart = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(warmUpStart) < WarmUp)
        {
            action();
            Synchronize(device);
        }

        double[] times = new double[repetitions];
        for (int i = 0; i < repetitions; i++)
        {
            Synchronize(device);
            long start = Stopwatch.GetTimestamp();
            action();
            Synchronize(device);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[repetitions / 2];
    }

    private static void Synchronize(torch.Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            torch.cuda.synchronize();
        }
    }
}
