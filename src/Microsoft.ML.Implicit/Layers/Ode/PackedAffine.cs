using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>One layer's affine part for tiles: weights regrouped so that each pass over the inputs makes four outputs.</summary>
internal sealed unsafe class PackedAffine : IDisposable
{
    private readonly int _inputs;
    private readonly int _paddedOutputs;
    private readonly AlignedBuffer _weight;
    private readonly float[] _bias;
    private readonly float[]? _timeWeight;
    private AlignedBuffer? _shifts;

    public PackedAffine(AffineLayer layer)
    {
        _inputs = (int)layer.Weight.shape[0];
        int outputs = (int)layer.Weight.shape[1];
        _paddedOutputs = Tile.Pad(outputs);
        _bias = Read(layer.Bias);
        _timeWeight = layer.TimeWeight is { } timeWeight ? Read(timeWeight) : null;
        _weight = new AlignedBuffer((long)_inputs * _paddedOutputs);
        float[] weight = Read(layer.Weight);
        for (int j = 0; j < outputs; j++)
        {
            (int block, int within) = Math.DivRem(j, Tile.CoordinateBlock);
            for (int i = 0; i < _inputs; i++)
            {
                _weight.Pointer[(block * _inputs + i) * Tile.CoordinateBlock + within] = weight[i * outputs + j];
            }
        }
    }

    /// <summary>Length of a tile of outputs.</summary>
    public int TileLength => _paddedOutputs * Tile.Lanes;

    /// <summary>Multiplications for one row.</summary>
    public long Work => (long)_inputs * _paddedOutputs;

    public void ReserveTimes(int count)
    {
        _shifts?.Dispose();
        _shifts = new AlignedBuffer((long)count * _paddedOutputs);
        for (int slot = 0; slot < count; slot++)
        {
            SetShift(slot, 0);
        }
    }

    public void SetTime(int slot, double time)
    {
        if (_timeWeight is not null)
        {
            SetShift(slot, time);
        }
    }

    /// <summary>output = input · W + b + t w on one tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Evaluate(int slot, float* input, float* output)
    {
        int width = Vector<float>.Count;
        int lanes = 2 * width;
        float* weight = _weight.Pointer;
        float* shift = _shifts!.Pointer + slot * _paddedOutputs;
        for (int j = 0; j < _paddedOutputs; j += Tile.CoordinateBlock)
        {
            Vector<float> a0 = new(shift[j]), a1 = new(shift[j + 1]), a2 = new(shift[j + 2]), a3 = new(shift[j + 3]);
            Vector<float> b0 = a0, b1 = a1, b2 = a2, b3 = a3;
            float* x = input;
            for (int i = 0; i < _inputs; i++)
            {
                Vector<float> low = Vector.Load(x);
                Vector<float> high = Vector.Load(x + width);
                var w = new Vector<float>(weight[0]);
                a0 = Vector.FusedMultiplyAdd(w, low, a0);
                b0 = Vector.FusedMultiplyAdd(w, high, b0);
                w = new Vector<float>(weight[1]);
                a1 = Vector.FusedMultiplyAdd(w, low, a1);
                b1 = Vector.FusedMultiplyAdd(w, high, b1);
                w = new Vector<float>(weight[2]);
                a2 = Vector.FusedMultiplyAdd(w, low, a2);
                b2 = Vector.FusedMultiplyAdd(w, high, b2);
                w = new Vector<float>(weight[3]);
                a3 = Vector.FusedMultiplyAdd(w, low, a3);
                b3 = Vector.FusedMultiplyAdd(w, high, b3);
                x += lanes;
                weight += Tile.CoordinateBlock;
            }

            float* y = output + j * lanes;
            a0.Store(y);
            b0.Store(y + width);
            a1.Store(y + lanes);
            b1.Store(y + lanes + width);
            a2.Store(y + 2 * lanes);
            b2.Store(y + 2 * lanes + width);
            a3.Store(y + 3 * lanes);
            b3.Store(y + 3 * lanes + width);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weight.Dispose();
        _shifts?.Dispose();
    }

    private void SetShift(int slot, double time)
    {
        float* shift = _shifts!.Pointer + slot * _paddedOutputs;
        for (int j = 0; j < _bias.Length; j++)
        {
            shift[j] = _timeWeight is null ? _bias[j] : _bias[j] + (float)time * _timeWeight[j];
        }
    }

    private static float[] Read(Tensor parameter)
    {
        using Tensor contiguous = parameter.detach().contiguous();
        return [.. contiguous.data<float>()];
    }
}
