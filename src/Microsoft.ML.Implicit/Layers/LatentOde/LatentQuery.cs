using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>The times that a latent network is asked about: as tensors, and where the host has to know them as numbers.</summary>
/// <param name="Grid">Equally spaced times from 0, common to all rows, in horizons.</param>
/// <param name="Controls">float32 [grid, batch, controls], or <see langword="null"/> without controls.</param>
/// <param name="Lower">[batch * targets]: the grid time before each target, times the batch size, plus the row.</param>
/// <param name="Places">[batch * targets]: place of each target between two grid times, from 0 to 1.</param>
/// <param name="TargetFeatures">float32 [batch * targets, target features].</param>
internal sealed record LatentQuery(double[] Grid, Tensor? Controls, long[] Lower, double[] Places, Tensor TargetFeatures)
{
    /// <summary>float32 [batch, variables]: the levels that changes are counted from, in the unit of the changes; <see langword="null"/> where a network need not know.</summary>
    public Tensor? Levels { get; init; }

    /// <summary><see cref="Lower"/> as int64 [batch * targets].</summary>
    public Tensor LowerIndices { get; } = NativeTensor.Of(Lower, [Lower.Length], TargetFeatures.device);

    /// <summary><see cref="Places"/> as float32 [batch * targets, 1].</summary>
    public Tensor Thetas { get; } = NativeTensor.Of(Places, [Places.Length, 1], TargetFeatures.device).to(TargetFeatures.dtype);
}
