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

    /// <summary>Reads values, to be pulled back later.</summary>
    /// <param name="targets">[batch, targets, variables], in the order of time, 0 where not observed.</param>
    /// <param name="mask">1 where observed, likewise.</param>
    /// <param name="features">[batch * targets, target features], of which the first is the time in horizons.</param>
    /// <returns>States from the last target to the first, [batch, targets, state].</returns>
    public SeriesEncoding Encode(Tensor targets, Tensor mask, Tensor features)
    {
        Tensor values = cat([targets, mask, features.view(targets.shape[0], targets.shape[1], -1)], 2).flip(1);
        return GruEncoding.Suits(values)
            ? new GruEncoding(GruEncoding.ParametersOf(_gru), values, full([targets.shape[0]], (targets.shape[1] - 1).Held(), ScalarType.Int64), isDifferentiable: true, keepsAll: true)
            : new SeriesEncoding.OfGraph(_gru.call(values).Item1);
    }

    /// <summary>What is known between the targets.</summary>
    /// <param name="states">States from the last target to the first, [batch, targets, state].</param>
    /// <param name="mask">1 where a target is observed, [batch, targets, variables].</param>
    /// <param name="features">[batch * targets, target features], of which the first is the time in horizons.</param>
    public static TargetContext Context(Tensor states, Tensor mask, Tensor features)
    {
        Tensor nodes = states.flip(1), described = features.view(mask.shape[0], mask.shape[1], -1);

        // Rows with fewer targets are padded with ones at the time of their last.
        Tensor isTarget = mask.amax([2]).gt(0.Held());
        Tensor times = where(isTarget, described.select(2, 0), zeros_like(described.select(2, 0)));
        times = where(isTarget, times, times.amax([1], keepdim: true));
        return new TargetContext(cat([zeros_like(times.narrow(1, 0, 1)), times], 1), cat([nodes.narrow(1, 0, 1), nodes], 1));
    }
}
