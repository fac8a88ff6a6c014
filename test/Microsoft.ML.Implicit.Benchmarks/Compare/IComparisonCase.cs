using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>One row of the side-by-side table.</summary>
internal interface IComparisonCase
{
    /// <summary>Name of the case, as given to <c>--case</c>.</summary>
    string Name { get; }

    /// <summary>Whether the case is meaningful on the CPU; a few are too large for it.</summary>
    bool RunsOnCpu { get; }

    /// <summary>Times the case on a device.</summary>
    ComparisonResult Run(torch.Device device);
}
