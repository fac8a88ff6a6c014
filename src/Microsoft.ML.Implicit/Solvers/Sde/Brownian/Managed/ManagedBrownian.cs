using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian.Managed;

/// <summary>Arithmetic on the values of a path in managed memory, by vectors, on as many threads as torch would use.</summary>
/// <param name="keys">A key for each row and channel, padded to whole vectors, see <see cref="Pad"/>.</param>
internal sealed class ManagedBrownian(ulong[] keys) : IBrownianArithmetic<BrownianArrays>
{
    // Enough to be worth a start of threads, and 2 MiB of increments, which caches hold.
    private const int NumbersAtOnce = 1 << 18;
    private const int Block = 1024;
    private const int WorkPerNumber = 64;

    public int IntervalsAtOnce => Math.Max(1, NumbersAtOnce / keys.Length);

    /// <summary>A number of rows and channels padded to whole vectors of any width, so that an element's arithmetic does not depend on its place.</summary>
    public static int Pad(int count) => (count + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count;

    public BrownianArrays Create(int intervals) => new(new double[intervals * keys.Length], new double[intervals * keys.Length], 0);

    public BrownianArrays Part(BrownianArrays values, int index) => values with { Start = values.Start + (index * keys.Length) };

    public void Draw(BrownianArrays values, long first, int count, double duration, bool withAreas)
    {
        var increment = new Vector<double>(Math.Sqrt(duration));
        var area = new Vector<double>(Math.Sqrt(duration / 12));
        ForEachBlock(count, (interval, start, end) =>
        {
            ulong counter = BrownianCell.CounterOfInterval(first + interval);
            int offset = values.Start + (interval * keys.Length);
            if (withAreas)
            {
                Draw(values, offset, counter, increment, area, start, end);
            }
            else
            {
                Draw(values, offset, counter, increment, start, end);
            }
        });
    }

    public void Divide(BrownianArrays whole, ulong counter, BridgeWeights weights, BrownianArrays left, BrownianArrays right) =>
        ForEachBlock((start, end) => Divide(whole, counter, weights, left, right, start, end));

    public void Copy(BrownianArrays source, BrownianArrays target)
    {
        Array.Copy(source.W, source.Start, target.W, target.Start, keys.Length);
        Array.Copy(source.H, source.Start, target.H, target.Start, keys.Length);
    }

    // h H = a H₁ + b H₂ + (b W₁ - a W₂) / 2 for lengths a + b = h.
    public void Append(BrownianArrays values, BrownianArrays next, double duration, double nextDuration)
    {
        var share = new Vector<double>(duration / (duration + nextDuration));
        var nextShare = new Vector<double>(nextDuration / (duration + nextDuration));
        ForEachBlock((start, end) => Combine(values, next, share, nextShare, start, end));
    }

    // The same, solved for b H₂.
    public void RemoveFirst(BrownianArrays values, BrownianArrays before, double duration, double durationBefore)
    {
        var whole = new Vector<double>((duration + durationBefore) / duration);
        var ratio = new Vector<double>(durationBefore / duration);
        ForEachBlock((start, end) => RemoveFirst(values, before, whole, ratio, start, end));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Draw(BrownianArrays values, int offset, ulong counter, Vector<double> increment, int start, int end)
    {
        for (int i = start; i < end; i += Vector<double>.Count)
        {
            (increment * NormalGenerator.First(new Vector<ulong>(keys, i), counter)).CopyTo(values.W, offset + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Draw(BrownianArrays values, int offset, ulong counter, Vector<double> increment, Vector<double> area, int start, int end)
    {
        for (int i = start; i < end; i += Vector<double>.Count)
        {
            (Vector<double> x, Vector<double> y) = NormalGenerator.Pair(new Vector<ulong>(keys, i), counter);
            (increment * x).CopyTo(values.W, offset + i);
            (area * y).CopyTo(values.H, offset + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Divide(BrownianArrays whole, ulong counter, BridgeWeights weights, BrownianArrays left, BrownianArrays right, int start, int end)
    {
        var theta = new Vector<double>(weights.Theta);
        var area = new Vector<double>(weights.Area);
        var increment = new Vector<double>(weights.Increment);
        Vector<double> leftX = new(-weights.Left), leftY = new(weights.LeftArea), rightX = new(-weights.Right), rightY = new(-weights.RightArea);
        Vector<double> leftShare = theta * theta, rightShare = (Vector<double>.One - theta) * (Vector<double>.One - theta);
        for (int i = start; i < end; i += Vector<double>.Count)
        {
            (Vector<double> x, Vector<double> y) = NormalGenerator.Pair(new Vector<ulong>(keys, i), counter);
            var w = new Vector<double>(whole.W, whole.Start + i);
            var h = new Vector<double>(whole.H, whole.Start + i);
            Vector<double> first = Vector.FusedMultiplyAdd(increment, x, Vector.FusedMultiplyAdd(area, h, theta * w));
            first.CopyTo(left.W, left.Start + i);
            (w - first).CopyTo(right.W, right.Start + i);
            Vector.FusedMultiplyAdd(leftY, y, Vector.FusedMultiplyAdd(leftX, x, leftShare * h)).CopyTo(left.H, left.Start + i);
            Vector.FusedMultiplyAdd(rightY, y, Vector.FusedMultiplyAdd(rightX, x, rightShare * h)).CopyTo(right.H, right.Start + i);
        }
    }

    private static void Combine(BrownianArrays values, BrownianArrays next, Vector<double> share, Vector<double> nextShare, int start, int end)
    {
        var half = new Vector<double>(0.5);
        for (int i = start; i < end; i += Vector<double>.Count)
        {
            var w = new Vector<double>(values.W, values.Start + i);
            var nextW = new Vector<double>(next.W, next.Start + i);
            Vector<double> lean = Vector.FusedMultiplyAdd(nextShare, w, -(share * nextW));
            Vector<double> mean = Vector.FusedMultiplyAdd(share, new Vector<double>(values.H, values.Start + i), nextShare * new Vector<double>(next.H, next.Start + i));
            Vector.FusedMultiplyAdd(half, lean, mean).CopyTo(values.H, values.Start + i);
            (w + nextW).CopyTo(values.W, values.Start + i);
        }
    }

    private static void RemoveFirst(BrownianArrays values, BrownianArrays before, Vector<double> whole, Vector<double> ratio, int start, int end)
    {
        var half = new Vector<double>(0.5);
        for (int i = start; i < end; i += Vector<double>.Count)
        {
            var beforeW = new Vector<double>(before.W, before.Start + i);
            Vector<double> w = new Vector<double>(values.W, values.Start + i) - beforeW;
            Vector<double> lean = Vector.FusedMultiplyAdd(ratio, w, -beforeW);
            Vector<double> moment = Vector.FusedMultiplyAdd(whole, new Vector<double>(values.H, values.Start + i), -(ratio * new Vector<double>(before.H, before.Start + i)));
            Vector.FusedMultiplyAdd(half, lean, moment).CopyTo(values.H, values.Start + i);
            w.CopyTo(values.W, values.Start + i);
        }
    }

    private void ForEachBlock(Action<int, int> action) => ForEachBlock(1, (_, start, end) => action(start, end));

    private void ForEachBlock(int intervals, Action<int, int, int> action)
    {
        int blocks = (keys.Length + Block - 1) / Block;
        new TileLoop(intervals * blocks, get_num_threads(), WorkPerNumber * Math.Min(Block, keys.Length)).Run((_, tile) =>
        {
            int start = tile % blocks * Block;
            action(tile / blocks, start, Math.Min(keys.Length, start + Block));
        });
    }
}
