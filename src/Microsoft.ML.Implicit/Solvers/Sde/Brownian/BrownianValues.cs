using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>Increments W and space-time Lévy areas H of all rows and channels on one interval, padded to whole vectors.</summary>
/// <param name="length">Rows times channels, padded.</param>
internal sealed class BrownianValues(int length)
{
    private const int Block = 1024;
    private const int WorkPerNumber = 64;

    private readonly double[] _w = new double[length];
    private readonly double[] _h = new double[length];

    /// <summary>The increments.</summary>
    public ReadOnlySpan<double> W => _w;

    /// <summary>The areas.</summary>
    public ReadOnlySpan<double> H => _h;

    /// <summary>A number of rows and channels padded to whole vectors of any width, so that an element's arithmetic does not depend on its place.</summary>
    public static int Pad(int count) => (count + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count;

    /// <summary>Draws the values of an interval that nothing is known of.</summary>
    /// <param name="keys">A key for each number.</param>
    /// <param name="counter">Counter of the interval.</param>
    /// <param name="duration">Its length in time.</param>
    public void Draw(ulong[] keys, ulong counter, double duration)
    {
        var increment = new Vector<double>(Math.Sqrt(duration));
        var area = new Vector<double>(Math.Sqrt(duration / 12));
        ForEachBlock((start, end) => Draw(keys, counter, increment, area, start, end));
    }

    /// <summary>Draws the values of the two parts of an interval.</summary>
    /// <param name="keys">A key for each number.</param>
    /// <param name="counter">Counter of the division.</param>
    /// <param name="weights">Where it is divided.</param>
    /// <param name="left">Receives those of the left part.</param>
    /// <param name="right">Receives those of the right part.</param>
    public void Divide(ulong[] keys, ulong counter, BridgeWeights weights, BrownianValues left, BrownianValues right) =>
        ForEachBlock((start, end) => Divide(keys, counter, weights, left, right, start, end));

    /// <summary>Copies values.</summary>
    public void CopyFrom(BrownianValues other)
    {
        other._w.CopyTo(_w, 0);
        other._h.CopyTo(_h, 0);
    }

    /// <summary>Makes these the values of an interval and the one after it together.</summary>
    /// <param name="next">Values of the one after it.</param>
    /// <param name="duration">Length of the interval.</param>
    /// <param name="nextDuration">Length of the one after it.</param>
    public void Append(BrownianValues next, double duration, double nextDuration)
    {
        double whole = duration + nextDuration;
        ForEachBlock((start, end) => Combine(next, new Vector<double>(duration / whole), new Vector<double>(nextDuration / whole), start, end));
    }

    /// <summary>Makes these the values of the part of an interval that follows another part, given those of both parts together.</summary>
    /// <param name="before">Values of the part before.</param>
    /// <param name="duration">Length of the part that is wanted.</param>
    /// <param name="durationBefore">Length of the part before.</param>
    public void RemoveFirst(BrownianValues before, double duration, double durationBefore)
    {
        for (int i = 0; i < _w.Length; i++)
        {
            double w = _w[i] - before._w[i];
            double moment = ((duration + durationBefore) * _h[i]) - (durationBefore * before._h[i]);
            _h[i] = (moment - (0.5 * ((duration * before._w[i]) - (durationBefore * w)))) / duration;
            _w[i] = w;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Draw(ulong[] keys, ulong counter, Vector<double> increment, Vector<double> area, int start, int end)
    {
        for (int i = start; i < end; i += Vector<double>.Count)
        {
            (Vector<double> x, Vector<double> y) = NormalGenerator.Pair(new Vector<ulong>(keys, i), counter);
            (increment * x).CopyTo(_w, i);
            (area * y).CopyTo(_h, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Divide(ulong[] keys, ulong counter, BridgeWeights weights, BrownianValues left, BrownianValues right, int start, int end)
    {
        var theta = new Vector<double>(weights.Theta);
        var area = new Vector<double>(weights.Area);
        var increment = new Vector<double>(weights.Increment);
        var rest = Vector<double>.One - theta;
        for (int i = start; i < end; i += Vector<double>.Count)
        {
            (Vector<double> x, Vector<double> y) = NormalGenerator.Pair(new Vector<ulong>(keys, i), counter);
            var w = new Vector<double>(_w, i);
            var h = new Vector<double>(_h, i);
            Vector<double> first = (theta * w) + (area * h) + (increment * x);
            first.CopyTo(left._w, i);
            (w - first).CopyTo(right._w, i);
            ((theta * theta * h) - (new Vector<double>(weights.Left) * x) + (new Vector<double>(weights.LeftArea) * y)).CopyTo(left._h, i);
            ((rest * rest * h) - (new Vector<double>(weights.Right) * x) - (new Vector<double>(weights.RightArea) * y)).CopyTo(right._h, i);
        }
    }

    // h H = a H₁ + b H₂ + (b W₁ - a W₂) / 2 for lengths a + b = h.
    private void Combine(BrownianValues next, Vector<double> share, Vector<double> nextShare, int start, int end)
    {
        var half = new Vector<double>(0.5);
        for (int i = start; i < end; i += Vector<double>.Count)
        {
            var w = new Vector<double>(_w, i);
            var nextW = new Vector<double>(next._w, i);
            Vector<double> lean = half * ((nextShare * w) - (share * nextW));
            ((share * new Vector<double>(_h, i)) + (nextShare * new Vector<double>(next._h, i)) + lean).CopyTo(_h, i);
            (w + nextW).CopyTo(_w, i);
        }
    }

    private void ForEachBlock(Action<int, int> action)
    {
        int blocks = (_w.Length + Block - 1) / Block;
        new TileLoop(blocks, get_num_threads(), Block * WorkPerNumber).Run((_, block) => action(block * Block, Math.Min(_w.Length, (block + 1) * Block)));
    }
}
