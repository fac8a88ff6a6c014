using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;

/// <summary>A map that may have a form in managed memory, where small maps take a fraction of the time of tensor operations.</summary>
internal interface IManagedFixedPointMap : IFixedPointMap
{
    /// <summary>The map in managed memory, which the caller disposes of, or <see langword="null"/> where tensor operations serve it better.</summary>
    /// <param name="initial">Where the solve starts.</param>
    ManagedBatchMap? CreateManaged(Tensor initial);
}
