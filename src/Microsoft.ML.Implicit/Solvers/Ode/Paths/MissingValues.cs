using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>
/// Fills in what was not observed, channel by channel, so that each has times of its own. Missing are values that are NaN, and whatever stands behind a
/// row's last point. Gradients flow to the values that were observed.
/// </summary>
internal static class MissingValues
{
    /// <summary>Values of which none is missing: straight between those observed, and constant before the first and after the last of them; 0 where none is.</summary>
    /// <param name="grid">The times.</param>
    /// <param name="values">[batch, points, channels].</param>
    public static Tensor Interpolate(PathGrid grid, Tensor values)
    {
        values = EachRow(grid, values);
        Neighbours neighbours = Find(grid, values);
        if (neighbours.IsComplete)
        {
            return values;
        }

        Tensor before = neighbours.Before(values.device), after = neighbours.After(values.device);
        Tensor times = grid.Times.unsqueeze(2).expand(values.shape);
        Tensor start = times.gather(1, before), gap = times.gather(1, after) - start;
        Tensor share = ((times - start) / where(gap.gt(0.Held()), gap, ones_like(gap))).clamp(0.Held(), 1.Held()).to(values.dtype);
        Tensor known = nan_to_num(values);
        return known.gather(1, before).lerp(known.gather(1, after), share);
    }

    /// <summary>The last value that was observed up to each point; 0 before the first.</summary>
    /// <param name="grid">The times.</param>
    /// <param name="values">[batch, points, channels].</param>
    public static Tensor HoldLast(PathGrid grid, Tensor values)
    {
        values = EachRow(grid, values);
        Neighbours neighbours = Find(grid, values);
        return neighbours.IsComplete ? values : nan_to_num(values).gather(1, neighbours.Before(values.device)) * neighbours.HasBefore(values.device).to(values.dtype);
    }

    /// <summary>Whether each value is known, [batch, points, channels].</summary>
    public static Tensor Observed(PathGrid grid, Tensor values) =>
        values.detach().isnan().logical_or(HeldArithmetic.Range(0, values.shape[1], values.device).view(1, -1, 1).gt(grid.LastPoints.view(-1, 1, 1))).logical_not();

    /// <summary>Values with a row for each that the times have.</summary>
    public static Tensor EachRow(PathGrid grid, Tensor values) => values.expand(Math.Max(values.shape[0], grid.Times.shape[0]), -1, -1);

    private static Neighbours Find(PathGrid grid, Tensor values)
    {
        using Tensor observed = Observed(grid, values).cpu().contiguous();
        return new Neighbours(MemoryMarshal.Cast<byte, bool>(observed.bytes), values.shape);
    }

    // For each point the nearest ones at which its channel was observed, itself among them.
    private sealed class Neighbours
    {
        private readonly long[] _shape;
        private readonly long[] _before;
        private readonly long[] _after;
        private readonly bool[] _hasBefore;

        public Neighbours(ReadOnlySpan<bool> observed, long[] shape)
        {
            _shape = shape;
            IsComplete = observed.IndexOf(false) < 0;
            (_before, _after, _hasBefore) = IsComplete ? ([], [], []) : (new long[observed.Length], new long[observed.Length], new bool[observed.Length]);
            for (long row = 0; row < shape[0] && !IsComplete; row++)
            {
                for (long channel = 0; channel < shape[2]; channel++)
                {
                    Fill(observed, row, channel);
                }
            }
        }

        public bool IsComplete { get; }

        public Tensor Before(Device device) => Copy(_before, device);

        public Tensor After(Device device) => Copy(_after, device);

        public Tensor HasBefore(Device device)
        {
            using Tensor managed = tensor(_hasBefore, _shape);
            return managed.clone().to(device);
        }

        private Tensor Copy(long[] indices, Device device)
        {
            using Tensor managed = tensor(indices, _shape);
            return managed.clone().to(device);
        }

        // Where there is none on one side, the nearest on the other stands for it.
        private void Fill(ReadOnlySpan<bool> observed, long row, long channel)
        {
            long points = _shape[1];
            long At(long point) => (((row * points) + point) * _shape[2]) + channel;
            long last = -1;
            for (long point = 0; point < points; point++)
            {
                last = observed[(int)At(point)] ? point : last;
                (_before[At(point)], _hasBefore[At(point)]) = (last, last >= 0);
            }

            long next = -1;
            for (long point = points - 1; point >= 0; point--)
            {
                next = observed[(int)At(point)] ? point : next;
                long before = _before[At(point)];
                _after[At(point)] = next >= 0 ? next : Math.Max(before, 0);
                _before[At(point)] = before >= 0 ? before : Math.Max(next, 0);
            }
        }
    }
}
