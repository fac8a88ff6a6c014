using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Short stretches of series: a field and those that follow it, as tensors in the model's units.</summary>
internal sealed class FieldWindows
{
    // A row after a pause this many times as long as usual is as good as the first of another series.
    private const double LongestGap = 8;

    // Of what is measured on a part of the windows.
    private const int MostValues = 1 << 14;
    private const int MostWindows = 512;
    private const int FewestWindows = 16;

    private readonly FieldSet _set;
    private readonly FieldUnits _units;
    private readonly long[] _points;
    private readonly int _length;
    private readonly (int Run, int First)[] _windows;

    /// <param name="set">The series.</param>
    /// <param name="units">The model's units.</param>
    /// <param name="points">Points of each axis.</param>
    /// <param name="length">Fields to follow at most.</param>
    public FieldWindows(FieldSet set, FieldUnits units, long[] points, int length)
    {
        (_set, _units, _points, _length) = (set, units, points, length);
        _windows =
        [
            .. from run in Enumerable.Range(0, set.Runs.Count)
               from first in Enumerable.Range(0, set.Runs[run].Times.Length - 1)
               where Gap(set.Runs[run], first) <= LongestGap
               select (run, first),
        ];
    }

    public int Count => _windows.Length;

    /// <summary>A part of the windows that stands for all, evenly spaced, float64 on the CPU.</summary>
    public FieldBatchWindow Sample() => Build(SampleIndices(), CPU, ScalarType.Float64);

    /// <summary>From each field to the next, of a part of the windows that stands for all.</summary>
    public FieldSteps Steps()
    {
        using DisposeScope scope = NewDisposeScope();
        FieldBatchWindow sample = Sample();
        long[] indices = SampleIndices();
        float[] before = new float[sample.Start.numel()];
        double[] paces = new double[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            (int place, int first) = _windows[indices[i]];
            FieldRun run = _set.Runs[place];
            bool isFirst = first == 0 || Gap(run, first - 1) > LongestGap;
            Scale(run.Fields[isFirst ? first : first - 1], before.AsSpan(i * run.Fields[first].Length, run.Fields[first].Length));
            paces[i] = isFirst ? 0 : Gap(run, first - 1);
        }

        Tensor[] all = [NativeTensor.Of(before, sample.Start.shape).to(ScalarType.Float64), NativeTensor.Of(paces, [indices.Length]), sample.Start, sample.Targets[0], sample.Paces[0], sample.Weights[0]];
        Array.ForEach(all, tensor => tensor.MoveToOuterDisposeScope());
        return new FieldSteps(all[0], all[1], all[2], all[3], all[4], all[5]);
    }

    /// <summary>Windows as a batch.</summary>
    /// <param name="indices">Which.</param>
    /// <param name="device">Where it is to be.</param>
    /// <param name="type">Float32 or float64.</param>
    public FieldBatchWindow Build(IReadOnlyList<long> indices, Device device, ScalarType type = ScalarType.Float32)
    {
        int size = _set.Runs[0].Fields[0].Length;
        float[] starts = new float[indices.Count * size];
        float[] targets = new float[_length * indices.Count * size];
        double[] paces = new double[_length * indices.Count];
        double[] weights = new double[_length * indices.Count];
        for (int i = 0; i < indices.Count; i++)
        {
            (int place, int first) = _windows[indices[i]];
            FieldRun run = _set.Runs[place];
            Scale(run.Fields[first], starts.AsSpan(i * size, size));
            for (int k = 0; k < _length && first + k + 1 < run.Times.Length && Gap(run, first + k) <= LongestGap; k++)
            {
                int slot = (k * indices.Count) + i;
                Scale(run.Fields[first + k + 1], targets.AsSpan(slot * size, size));
                paces[slot] = Gap(run, first + k);
                weights[slot] = run.Weights[first + k + 1];
            }
        }

        return new FieldBatchWindow(
            NativeTensor.Of(starts, [indices.Count, 1, .. _points], device).to(type),
            NativeTensor.Of(targets, [_length, indices.Count, 1, .. _points], device).to(type),
            NativeTensor.Of(paces, [_length, indices.Count], device).to(type),
            NativeTensor.Of(weights, [_length, indices.Count], device).to(type));
    }

    private long[] SampleIndices()
    {
        int most = Math.Clamp(MostValues / _set.Runs[0].Fields[0].Length, FewestWindows, MostWindows);
        int stride = (Count + most - 1) / most;
        return [.. Enumerable.Range(0, Count).Where(i => i % stride == 0).Select(i => (long)i)];
    }

    private double Gap(FieldRun run, int first) => (run.Times[first + 1] - run.Times[first]) / _units.Time;

    private void Scale(float[] field, Span<float> target)
    {
        for (int i = 0; i < field.Length; i++)
        {
            target[i] = _units.Scaled(field[i]);
        }
    }
}
