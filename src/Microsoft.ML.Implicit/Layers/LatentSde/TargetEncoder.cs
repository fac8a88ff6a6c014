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

    /// <summary>What is known between the targets: the states, and the variables that are observed.</summary>
    /// <param name="states">States from the last target to the first, [batch, targets, state].</param>
    /// <param name="start">The first variables at the start, [batch, first variables].</param>
    /// <param name="targets">The same at the targets, where observed, [batch, targets, first variables].</param>
    /// <param name="mask">1 where a target is observed, [batch, targets, variables].</param>
    /// <param name="features">[batch * targets, target features], of which the first is the time in horizons.</param>
    public static TargetContext Context(Tensor states, Tensor start, Tensor targets, Tensor mask, Tensor features)
    {
        Tensor nodes = states.flip(1), described = features.view(mask.shape[0], mask.shape[1], -1);

        // Rows with fewer targets are padded with ones at the time of their last.
        Tensor isTarget = mask.amax([2]).gt(0.Held());
        Tensor times = where(isTarget, described.select(2, 0), zeros_like(described.select(2, 0)));
        times = where(isTarget, times, times.amax([1], keepdim: true));
        times = cat([zeros_like(times.narrow(1, 0, 1)), times], 1);
        Tensor observed = Interpolate(times, cat([start.unsqueeze(1), targets], 1), nn.functional.pad(mask.narrow(2, 0, targets.shape[2]), [0, 0, 1, 0], value: 1));
        return new TargetContext(times, cat([cat([nodes.narrow(1, 0, 1), nodes], 1), observed], 2));
    }

    // Values that are not observed lie on the line between those before and after, or stay what they were last.
    private static Tensor Interpolate(Tensor times, Tensor values, Tensor mask)
    {
        long last = values.shape[1] - 1;
        Tensor places = HeldArithmetic.Range(0, last + 1, values.device).to(ScalarType.Int64).view(1, -1, 1), observed = mask.gt(0.Held());
        Tensor before = where(observed, places, zeros_like(places)).cummax(1).values;
        Tensor fromEnd = where(observed, last.Held().Minus(places), zeros_like(places)).flip(1).cummax(1).values.flip(1);
        Tensor after = last.Held().Minus(fromEnd);
        after = where(observed.gather(1, after), after, before);
        Tensor at = times.unsqueeze(2).expand_as(values);
        Tensor start = at.gather(1, before), gap = at.gather(1, after) - start, left = values.gather(1, before);
        Tensor theta = where(gap.gt(0.Held()), (at - start) / gap, zeros_like(gap));
        return left.Plus(theta * (values.gather(1, after) - left));
    }
}
