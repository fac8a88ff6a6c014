using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>An affine map x W + b + t w for tiles, with its pullback.</summary>
internal sealed unsafe class PackedAffine : IDisposable
{
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int _stride;
    private readonly PackedMatrix _matrix;
    private readonly PackedMatrix _transposed;
    private readonly AlignedBuffer _noShift;
    private readonly float[] _bias;
    private readonly float[]? _timeWeight;
    private float[] _times = [];
    private AlignedBuffer? _shifts;

    /// <param name="weight">W, <c>[inputs, outputs]</c>.</param>
    /// <param name="bias">b, <c>[outputs]</c>, or <see langword="null"/>.</param>
    /// <param name="timeWeight">w, <c>[outputs]</c>, or <see langword="null"/>.</param>
    public PackedAffine(Tensor weight, Tensor? bias, Tensor? timeWeight)
    {
        _inputs = (int)weight.shape[0];
        _outputs = (int)weight.shape[1];
        _stride = OuterProduct.Stride(_outputs);
        _bias = bias is null ? new float[_outputs] : bias.ReadSingles();
        _timeWeight = timeWeight is null ? null : timeWeight.ReadSingles();
        float[] values = weight.ReadSingles();
        _matrix = new PackedMatrix(values, _inputs, _outputs, transposed: false);
        _transposed = new PackedMatrix(values, _outputs, _inputs, transposed: true);
        _noShift = new AlignedBuffer(Math.Max(_matrix.PaddedOutputs, _transposed.PaddedOutputs));
    }

    /// <summary>Length of a tile of outputs.</summary>
    public int TileLength => _matrix.PaddedOutputs * Tile.Lanes;

    /// <summary>Length of a tile of inputs.</summary>
    public int InputTileLength => _transposed.PaddedOutputs * Tile.Lanes;

    /// <summary>Multiplications for one row.</summary>
    public long Work => (long)_inputs * _matrix.PaddedOutputs;

    /// <summary>Floats that the gradient is gathered in: those of W, b and w in rows of whole vectors.</summary>
    public int GradientLength => (Tile.Pad(_inputs) + (_timeWeight is null ? 1 : 2)) * _stride;

    /// <summary>Floats that gathering the gradient needs.</summary>
    public int ScratchLength => Tile.Lanes * _stride;

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

    /// <summary>output = input · W on one tile, as tangents are mapped.</summary>
    public void EvaluateLinear(float* input, float* output) => _matrix.Multiply(_noShift.Pointer, input, output);

    /// <summary>Multiplies a cotangent of the output with Wᵀ.</summary>
    public void Pullback(float* cotangent, float* inputCotangent) => _transposed.Multiply(_noShift.Pointer, cotangent, inputCotangent);

    /// <summary>Adds the gradient of W, b and w on one tile.</summary>
    /// <param name="slot">Slot of the time.</param>
    /// <param name="input">The input it was evaluated at.</param>
    /// <param name="cotangent">Cotangent of the output.</param>
    /// <param name="gradient">Added to, <see cref="GradientLength"/> floats.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> floats.</param>
    public void AddGradient(int slot, float* input, float* cotangent, float* gradient, float* scratch)
    {
        AddLinearGradient(input, cotangent, gradient, scratch);
        float* bias = gradient + (Tile.Pad(_inputs) * _stride);
        OuterProduct.AddSum(scratch, _stride, 1, bias);
        if (_timeWeight is not null)
        {
            OuterProduct.AddSum(scratch, _stride, _times[slot], bias + _stride);
        }
    }

    /// <summary>Adds the gradient of W alone on one tile.</summary>
    public void AddLinearGradient(float* input, float* cotangent, float* gradient, float* scratch)
    {
        OuterProduct.Transpose(cotangent, _outputs, scratch);
        OuterProduct.Add(input, _inputs, scratch, _stride, gradient);
    }

    /// <summary>Adds what was gathered to the gradients of W, <c>[inputs, outputs]</c>, of b and of w, which may be left empty.</summary>
    public void AddGradient(float* gradient, Span<float> weight, Span<float> bias, Span<float> timeWeight)
    {
        for (int i = 0; i < _inputs; i++)
        {
            AddRow(gradient, i, weight.Slice(i * _outputs, _outputs));
        }

        AddRow(gradient, Tile.Pad(_inputs), bias);
        AddRow(gradient, Tile.Pad(_inputs) + 1, timeWeight);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _matrix.Dispose();
        _transposed.Dispose();
        _noShift.Dispose();
        _shifts?.Dispose();
    }

    private void AddRow(float* gradient, int row, Span<float> destination)
    {
        for (int j = 0; j < destination.Length; j++)
        {
            destination[j] += gradient[(row * _stride) + j];
        }
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
}
