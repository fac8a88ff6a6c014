using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde.Managed;

/// <summary><see cref="DiagonalDiffusion"/> with fixed parameters, and the steps that it takes part in.</summary>
internal sealed unsafe class ManagedDiffusion : IDisposable
{
    private readonly AlignedBuffer _parameters;
    private readonly int _stride;
    private readonly float _least;

    /// <param name="parameters">Offset, and amplitude, slope and shift of either unit, each of the state's width.</param>
    /// <param name="least">The least value.</param>
    /// <param name="stride">Floats from one state to the next.</param>
    public ManagedDiffusion(IReadOnlyList<Tensor> parameters, double least, int stride)
    {
        (_stride, _least) = (stride, (float)least);
        _parameters = new AlignedBuffer((long)parameters.Count * stride);
        for (int i = 0; i < parameters.Count; i++)
        {
            float[] values = parameters[i].ReadSingles();
            values.CopyTo(new Span<float>(_parameters.Pointer + (i * stride), values.Length));
        }
    }

    /// <summary>Floats of scratch memory for each float of the states.</summary>
    public static int ScratchPerFloat => 2;

    /// <summary>Evaluates g less its least value.</summary>
    /// <param name="states">States.</param>
    /// <param name="rows">Their number.</param>
    /// <param name="values">Receives it.</param>
    /// <param name="scratch">Scratch memory.</param>
    public void Evaluate(float* states, int rows, float* values, float* scratch)
    {
        int length = rows * _stride;
        Turn(states, rows, scratch);
        Combine(scratch, scratch + length, rows, values);
        VectorizedActivation.Softplus(values, length);
    }

    /// <summary>Evaluates g less its least value, and takes ½ (∂g/∂z) g from slopes: from f to the drift of the Stratonovich equation.</summary>
    /// <param name="states">States.</param>
    /// <param name="rows">Their number.</param>
    /// <param name="values">Receives it.</param>
    /// <param name="slopes">f, from which is taken.</param>
    /// <param name="scratch">Scratch memory.</param>
    public void EvaluateStratonovich(float* states, int rows, float* values, float* slopes, float* scratch)
    {
        int length = rows * _stride;
        float* rise = scratch, fall = scratch + length;
        Turn(states, rows, scratch);
        Combine(rise, fall, rows, values);
        TurnSlopes(rise, fall, rows);
        VectorizedActivation.Softplus(values, fall, length);
        Vector<float> half = new(-0.5f), least = new(_least);
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> derivative = Vector.Load(rise + i) * Vector.Load(fall + i);
            Vector.FusedMultiplyAdd(half * derivative, least + Vector.Load(values + i), Vector.Load(slopes + i)).Store(slopes + i);
        }
    }

    /// <summary>state += size · slope + g · increment.</summary>
    /// <param name="states">The states.</param>
    /// <param name="slopes">f.</param>
    /// <param name="values">What <see cref="Evaluate"/> gave.</param>
    /// <param name="increments">ΔW.</param>
    /// <param name="size">Length of the step.</param>
    /// <param name="rows">Their number.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Step(float* states, float* slopes, float* values, float* increments, float size, int rows)
    {
        Vector<float> length = new(size), least = new(_least);
        for (int i = 0; i < rows * _stride; i += Vector<float>.Count)
        {
            Vector<float> drifted = Vector.FusedMultiplyAdd(length, Vector.Load(slopes + i), Vector.Load(states + i));
            Vector.FusedMultiplyAdd(least + Vector.Load(values + i), Vector.Load(increments + i), drifted).Store(states + i);
        }
    }

    /// <summary>state at a place within a step: linear between both ends, and off that line by g and a part of the space-time Lévy area.</summary>
    /// <param name="start">The state before the step.</param>
    /// <param name="end">The state after it.</param>
    /// <param name="values">What <see cref="Evaluate"/> gave before it.</param>
    /// <param name="areas">Areas, or <see langword="null"/> at either end.</param>
    /// <param name="theta">The place, from 0 to 1.</param>
    /// <param name="share">Part of the area.</param>
    /// <param name="width">Width of the state.</param>
    /// <param name="point">Receives it.</param>
    public void Interpolate(float* start, float* end, float* values, float* areas, float theta, float share, int width, float* point)
    {
        for (int d = 0; d < width; d++)
        {
            float line = start[d] + (theta * (end[d] - start[d]));
            point[d] = areas == null ? line : line + ((_least + values[d]) * share * areas[d]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _parameters.Dispose();

    // tanh(c z + d) of either unit.
    private void Turn(float* states, int rows, float* units)
    {
        float* slope = _parameters.Pointer + (2 * _stride);
        for (int unit = 0; unit < 2; unit++, slope += 3 * _stride, units += rows * _stride)
        {
            Scale(states, rows, slope, slope + _stride, units);
            VectorizedActivation.Tanh(units, rows * _stride);
        }
    }

    // a + b tanh(c z + d) + b' tanh(c' z + d').
    private void Combine(float* rise, float* fall, int rows, float* result)
    {
        float* offset = _parameters.Pointer, first = offset + _stride, second = first + (3 * _stride);
        for (int row = 0; row < rows; row++, rise += _stride, fall += _stride, result += _stride)
        {
            for (int i = 0; i < _stride; i += Vector<float>.Count)
            {
                Vector<float> one = Vector.FusedMultiplyAdd(Vector.Load(rise + i), Vector.Load(first + i), Vector.Load(offset + i));
                Vector.FusedMultiplyAdd(Vector.Load(fall + i), Vector.Load(second + i), one).Store(result + i);
            }
        }
    }

    // From the units to the slope of their combination, in the place of the first.
    private void TurnSlopes(float* rise, float* fall, int rows)
    {
        float* first = _parameters.Pointer + _stride, second = first + (3 * _stride);
        for (int row = 0; row < rows; row++, rise += _stride, fall += _stride)
        {
            for (int i = 0; i < _stride; i += Vector<float>.Count)
            {
                Vector<float> x = Vector.Load(rise + i), y = Vector.Load(fall + i);
                Vector<float> ofRise = (Vector<float>.One - (x * x)) * Vector.Load(first + i) * Vector.Load(first + _stride + i);
                Vector<float> ofFall = (Vector<float>.One - (y * y)) * Vector.Load(second + i) * Vector.Load(second + _stride + i);
                (ofRise + ofFall).Store(rise + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scale(float* values, int rows, float* factor, float* shift, float* result)
    {
        for (int row = 0; row < rows; row++, values += _stride, result += _stride)
        {
            for (int i = 0; i < _stride; i += Vector<float>.Count)
            {
                Vector.FusedMultiplyAdd(Vector.Load(values + i), Vector.Load(factor + i), Vector.Load(shift + i)).Store(result + i);
            }
        }
    }
}
