using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>One layer's affine part for tiles, with its pullback.</summary>
internal sealed unsafe class PackedAffine : IDisposable
{
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly PackedMatrix _matrix;
    private readonly PackedMatrix _transposed;
    private readonly AlignedBuffer _noShift;
    private readonly float[] _bias;
    private readonly float[]? _timeWeight;
    private float[] _times = [];
    private AlignedBuffer? _shifts;

    public PackedAffine(AffineLayer layer)
    {
        _inputs = (int)layer.Weight.shape[0];
        _outputs = (int)layer.Weight.shape[1];
        _bias = Read(layer.Bias);
        _timeWeight = layer.TimeWeight is { } timeWeight ? Read(timeWeight) : null;
        float[] weight = Read(layer.Weight);
        _matrix = new PackedMatrix(weight, _inputs, _outputs, transposed: false);
        _transposed = new PackedMatrix(weight, _outputs, _inputs, transposed: true);
        _noShift = new AlignedBuffer(_transposed.PaddedOutputs);
    }

    /// <summary>Length of a tile of outputs.</summary>
    public int TileLength => _matrix.PaddedOutputs * Tile.Lanes;

    /// <summary>Multiplications for one row.</summary>
    public long Work => (long)_inputs * _matrix.PaddedOutputs;

    /// <summary>Number of parameters.</summary>
    public int ParameterCount => (_inputs * _outputs) + (_outputs * (_timeWeight is null ? 1 : 2));

    public void ReserveTimes(int count)
    {
        _shifts?.Dispose();
        _shifts = new AlignedBuffer((long)count * _matrix.PaddedOutputs);
        _times = new float[count];
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
    public void Evaluate(int slot, float* input, float* output) =>
        _matrix.Multiply(_shifts!.Pointer + (slot * _matrix.PaddedOutputs), input, output);

    /// <summary>Multiplies a cotangent with the layer's Jacobians on one tile.</summary>
    /// <param name="slot">Slot of the time.</param>
    /// <param name="input">The input it was evaluated at.</param>
    /// <param name="cotangent">Cotangent of the output.</param>
    /// <param name="inputCotangent">Receives that of the input.</param>
    /// <param name="gradient">Gradient of this layer's parameters, one vector for each, added to lane by lane.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pullback(int slot, float* input, float* cotangent, float* inputCotangent, float* gradient)
    {
        int width = Vector<float>.Count;
        int lanes = 2 * width;
        for (int i = 0; i < _inputs; i++)
        {
            Vector<float> low = Vector.Load(input + (i * lanes));
            Vector<float> high = Vector.Load(input + (i * lanes) + width);
            for (int j = 0; j < _outputs; j++)
            {
                float* c = cotangent + (j * lanes);
                Vector<float> sum = Vector.FusedMultiplyAdd(low, Vector.Load(c), Vector.Load(gradient));
                Vector.FusedMultiplyAdd(high, Vector.Load(c + width), sum).Store(gradient);
                gradient += width;
            }
        }

        int biasOffset = _timeWeight is null ? 0 : _outputs * width;
        var time = new Vector<float>(_times[slot]);
        for (int j = 0; j < _outputs; j++)
        {
            Vector<float> sum = Vector.Load(cotangent + (j * lanes)) + Vector.Load(cotangent + (j * lanes) + width);
            if (_timeWeight is not null)
            {
                Vector.FusedMultiplyAdd(time, sum, Vector.Load(gradient)).Store(gradient);
            }

            (Vector.Load(gradient + biasOffset) + sum).Store(gradient + biasOffset);
            gradient += width;
        }

        _transposed.Multiply(_noShift.Pointer, cotangent, inputCotangent);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _matrix.Dispose();
        _transposed.Dispose();
        _noShift.Dispose();
        _shifts?.Dispose();
    }

    private void SetShift(int slot, double time)
    {
        _times[slot] = (float)time;
        float* shift = _shifts!.Pointer + (slot * _matrix.PaddedOutputs);
        for (int j = 0; j < _bias.Length; j++)
        {
            shift[j] = _timeWeight is null ? _bias[j] : _bias[j] + ((float)time * _timeWeight[j]);
        }
    }

    private static float[] Read(Tensor parameter)
    {
        using Tensor contiguous = parameter.detach().contiguous();
        return [.. contiguous.data<float>()];
    }
}
