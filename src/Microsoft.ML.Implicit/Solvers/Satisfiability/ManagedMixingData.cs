using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>Where the numbers of a batch are, for <see cref="ManagedMixingRow"/>. The tensors are contiguous and float32, and live in the caller's dispose scope.</summary>
internal sealed unsafe class ManagedMixingData(
    MixingSystem system, MixingSettings settings, Tensor isFree, Tensor norms, Tensor readings, CancellationToken cancellationToken)
{
    public readonly int Variables = system.Variables;
    public readonly int Rank = system.Rank;
    public readonly MixingSettings Settings = settings;
    public readonly CancellationToken CancellationToken = cancellationToken;
    public readonly float* Products = system.Products.Pointer<float>();
    public readonly byte* IsFree = isFree.Pointer<byte>();
    public readonly float* Vectors = system.Vectors.Pointer<float>();
    public readonly float* Norms = norms.Pointer<float>();
    public readonly double* Readings = readings.Pointer<double>();

    // Null in the forward solve.
    public readonly float* Solution = system.Adjoint is { } adjoint ? adjoint.Solution.Pointer<float>() : null;
    public readonly float* RightSide = system.Adjoint is { } sides ? sides.RightSide.Pointer<float>() : null;
}
