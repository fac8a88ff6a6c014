using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>The noise of <see cref="SdeCase"/> alone: the increments of 1,024 paths on 1,000 intervals, one after another.</summary>
/// <param name="channels">Channels of a path.</param>
internal sealed class BrownianCase(int channels) : IComparisonCase
{
    private const int Rows = 1024;
    private const int Steps = 1000;
    private const int Repetitions = 20;

    public string Name => $"brownian-{channels}";

    public bool RunsOnCpu => true;

    public ComparisonResult Run(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        var path = new BrownianPath(BrownianPath.Seeds(1, Rows), channels, 0, 1, Steps);
        double milliseconds = Stopwatching.MedianMilliseconds(() => Sum(path, device), device, Repetitions);
        Tensor difference = Sum(path, device) - path.Increment(0, 1, ScalarType.Float32, device).W;
        double error = difference.pow(2).mean().sqrt().item<float>();
        return new ComparisonResult(milliseconds, Steps, error);
    }

    private static Tensor Sum(BrownianPath path, Device device)
    {
        using IBrownianReader reader = path.Open(ScalarType.Float32, device);
        Tensor sum = zeros(Rows, path.Channels).to(device);
        for (int i = 0; i < Steps; i++)
        {
            using Tensor increment = reader.Increment((double)i / Steps, (i + 1.0) / Steps);
            sum.add_(increment);
        }

        return sum;
    }
}
