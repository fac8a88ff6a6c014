using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>What is known at a time of the values from there on: linear in time between the targets.</summary>
/// <param name="times">Times in horizons, rising from 0, [batch, nodes].</param>
/// <param name="nodes">What is known there, [batch, nodes, width].</param>
internal sealed class TargetContext(Tensor times, Tensor nodes)
{
    private const double ShortestGap = 1e-6;

    /// <summary>The start and the times of the targets, [batch, 1 + targets].</summary>
    public Tensor Times => times;

    /// <summary>What is known then, [batch, 1 + targets, width].</summary>
    public Tensor Nodes => nodes;

    /// <summary>Time of the last target of each row, [batch, 1].</summary>
    public Tensor End { get; } = times.narrow(1, times.shape[1] - 1, 1);

    /// <summary>Times from each of these to the next, [batch, targets, 1], and whether there is any: those of padding have none.</summary>
    public (Tensor Lengths, Tensor AreOpen) Gaps()
    {
        long last = times.shape[1] - 1;
        Tensor lengths = (times.narrow(1, 1, last) - times.narrow(1, 0, last)).unsqueeze(2);
        return (lengths, lengths.gt(ShortestGap.Held()));
    }

    /// <summary>A context that ends with other values.</summary>
    /// <param name="values">The last elements of what is known, [batch, 1 + targets, elements].</param>
    public TargetContext EndingWith(Tensor values) => new(times, cat([nodes.narrow(2, 0, nodes.shape[2] - values.shape[2]), values], 2));

    /// <summary>
    /// Moves times within the gaps between targets, 1 - θ to its square. Where the bound is steepest, before a target whose value is known well, more of them are looked at then,
    /// and each counts less, so that means stay what they are while their estimates vary less.
    /// </summary>
    /// <param name="at">Times in horizons, uniform between targets, [batch, times].</param>
    /// <returns>The times, and what each counts.</returns>
    public (Tensor Times, Tensor Weights) Crowd(Tensor at)
    {
        (_, Tensor start, Tensor gap) = Locate(at);
        Tensor left = (start.Plus(gap) - at).div(gap.clamp_min(ShortestGap.Held())).clamp(0.Held(), 1.Held());
        return (start.Plus(gap * 1.0.Held().Minus(left.Squared())), 2.Held() * left);
    }

    /// <summary>The context at some times.</summary>
    /// <param name="at">Times in horizons, [batch, times].</param>
    public BetweenTargets At(Tensor at)
    {
        (Tensor lower, Tensor start, Tensor gap) = Locate(at);
        Tensor isOpen = gap.gt(ShortestGap.Held());
        Tensor theta = where(isOpen, (at - start) / gap.clamp_min(ShortestGap.Held()), ones_like(gap)).clamp(0.Held(), 1.Held()).unsqueeze(2);
        Tensor index = lower.unsqueeze(2).expand(-1, -1, nodes.shape[2]);
        Tensor left = nodes.gather(1, index);
        Tensor difference = nodes.gather(1, index.Plus(1.Held())) - left;
        Tensor slope = difference * where(isOpen, gap.clamp_min(ShortestGap.Held()).reciprocal(), zeros_like(gap)).unsqueeze(2);
        Tensor middleTime = start.Plus(gap / 2.Held());
        gap = gap.unsqueeze(2);
        Tensor bridge = theta * 1.0.Held().Minus(theta) * gap;
        Tensor bridgeSlope = 1.0.Held().Minus(2.Held() * theta) * isOpen.to(gap.dtype).unsqueeze(2);
        return new BetweenTargets(left.Plus(theta * difference), slope, gap, bridge, bridgeSlope, left.Plus(difference / 2.Held()), middleTime);
    }

    // The node before each time, its own time, and the time from there to the next one.
    private (Tensor Lower, Tensor Start, Tensor Gap) Locate(Tensor at)
    {
        long last = times.shape[1] - 1;
        Tensor lower = times.narrow(1, 1, last).unsqueeze(1).lt(at.unsqueeze(2)).sum(2).clamp_max((last - 1).Held());
        Tensor start = times.gather(1, lower);
        return (lower, start, times.gather(1, lower.Plus(1.Held())) - start);
    }
}
