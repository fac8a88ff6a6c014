using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>Reads the values that a forecast is trained on, the last one first, by a gated recurrent unit.</summary>
internal sealed class TargetEncoder : nn.Module
{
    [ComponentName(Name = "gru")]
    private readonly GRU _gru;

    /// <param name="sizes">Widths.</param>
    /// <param name="generator">Source of the initial weights.</param>
    public TargetEncoder(LatentOdeSizes sizes, Generator generator)
        : base(nameof(TargetEncoder))
    {
        _gru = nn.GRU((2 * sizes.Variables) + sizes.TargetFeatures, sizes.Hidden, batchFirst: true);
        Initialization.Uniform(_gru, 1 / Math.Sqrt(sizes.Hidden), generator);
        RegisterComponents();
    }

    /// <summary>Reads values.</summary>
    /// <param name="targets">[batch, targets, variables], in the order of time, 0 where not observed.</param>
    /// <param name="mask">1 where observed, likewise.</param>
    /// <param name="features">[batch * targets, target features], of which the first is the time in horizons.</param>
    public TargetContext Encode(Tensor targets, Tensor mask, Tensor features)
    {
        Tensor described = features.view(targets.shape[0], targets.shape[1], -1);
        (Tensor states, _) = _gru.call(cat([targets, mask, described], 2).flip(1));
        Tensor nodes = states.flip(1);

        // Rows with fewer targets are padded with ones at the time of their last.
        Tensor isTarget = mask.amax([2]).gt(0.Held());
        Tensor times = where(isTarget, described.select(2, 0), zeros_like(described.select(2, 0)));
        times = where(isTarget, times, times.amax([1], keepdim: true));
        return new TargetContext(cat([zeros_like(times.narrow(1, 0, 1)), times], 1), cat([nodes.narrow(1, 0, 1), nodes], 1));
    }
}
