using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>
/// One step of a gated recurrent unit in torch's form on a tile: r = σ(xW + hU + b), z likewise, n = tanh(xW + b + r ∘ (hU + c)),
/// h' = (1 - z) ∘ n + z ∘ h; with its pullback.
/// </summary>
internal sealed unsafe class ManagedGru : IDisposable
{
    private readonly PackedMatrix _inputWeight;
    private readonly PackedMatrix _stateWeight;
    private readonly PackedMatrix _statePullback;
    private readonly AlignedBuffer _inputBias;
    private readonly AlignedBuffer _stateBias;
    private readonly AlignedBuffer _noBias;
    private readonly int _stride;
    private readonly int _stateLength;

    /// <param name="inputWeight">[3 · width, inputs], of r, z and n.</param>
    /// <param name="stateWeight">[3 · width, width].</param>
    /// <param name="inputBias">[3 · width].</param>
    /// <param name="stateBias">[3 · width].</param>
    public ManagedGru(Tensor inputWeight, Tensor stateWeight, Tensor inputBias, Tensor stateBias)
    {
        Inputs = (int)inputWeight.shape[1];
        Width = (int)stateWeight.shape[1];
        _stateLength = Width * Tile.Lanes;
        _stride = OuterProduct.Stride(Gates);
        _inputWeight = new PackedMatrix(inputWeight.ReadSingles(), Inputs, Gates, transposed: true);
        _stateWeight = new PackedMatrix(stateWeight.ReadSingles(), Width, Gates, transposed: true);
        _statePullback = new PackedMatrix(stateWeight.ReadSingles(), Gates, Width, transposed: false);
        _inputBias = Buffer(inputBias.ReadSingles());
        _stateBias = Buffer(stateBias.ReadSingles());
        _noBias = new AlignedBuffer(_statePullback.PaddedOutputs);
    }

    /// <summary>Number of inputs.</summary>
    public int Inputs { get; }

    /// <summary>Width of the state.</summary>
    public int Width { get; }

    /// <summary>Length of a tile of inputs.</summary>
    public int InputLength => Tile.Pad(Inputs) * Tile.Lanes;

    /// <summary>Length of a tile of states.</summary>
    public int StateLength => Tile.Pad(Width) * Tile.Lanes;

    /// <summary>Length of what a step records for its pullback.</summary>
    public int RecordLength => 4 * _stateLength;

    /// <summary>Floats that a step or its pullback works in.</summary>
    public int ScratchLength => (2 * _inputWeight.PaddedOutputs * Tile.Lanes) + StateLength + (_stride * Tile.Lanes);

    /// <summary>Floats that the gradient is gathered in.</summary>
    public int GradientLength => InputGradientLength + ((Tile.Pad(Width) + 1) * _stride);

    /// <summary>Multiplications of a step for one row.</summary>
    public long Work => (long)(Inputs + Width) * Gates;

    private int Gates => 3 * Width;

    private int InputGradientLength => (Tile.Pad(Inputs) + 1) * _stride;

    /// <summary>Computes the next state.</summary>
    public void Step(float* input, float* state, float* record, float* next, float* scratch)
    {
        float* inputShare = scratch;
        float* stateShare = scratch + (_inputWeight.PaddedOutputs * Tile.Lanes);
        _inputWeight.Multiply(_inputBias.Pointer, input, inputShare);
        _stateWeight.Multiply(_stateBias.Pointer, state, stateShare);

        float* candidate = record + (2 * _stateLength);
        float* candidateShare = record + (3 * _stateLength);
        GruGates.HalfSum(inputShare, stateShare, 2 * _stateLength, record);
        VectorizedActivation.Tanh(record, 2 * _stateLength);
        GruGates.ToLogistic(record, 2 * _stateLength);
        new ReadOnlySpan<float>(stateShare + (2 * _stateLength), _stateLength).CopyTo(new Span<float>(candidateShare, _stateLength));
        GruGates.MultiplyAdd(inputShare + (2 * _stateLength), record, candidateShare, _stateLength, candidate);
        VectorizedActivation.Tanh(candidate, _stateLength);
        GruGates.Blend(candidate, record + _stateLength, state, _stateLength, next);
    }

    /// <summary>Replaces the cotangent of the next state by that of the state, and adds the parameters' gradient.</summary>
    public void Pullback(float* input, float* state, float* record, float* cotangent, float* gradient, float* scratch)
    {
        float* inputCotangent = scratch;
        float* stateCotangent = scratch + (_inputWeight.PaddedOutputs * Tile.Lanes);
        float* throughGates = stateCotangent + (_inputWeight.PaddedOutputs * Tile.Lanes);
        float* transposed = throughGates + StateLength;
        GruGates.Pullback(state, record, _stateLength, cotangent, inputCotangent, stateCotangent);
        AddGradient(input, Inputs, inputCotangent, gradient, transposed);
        AddGradient(state, Width, stateCotangent, gradient + InputGradientLength, transposed);
        _statePullback.Multiply(_noBias.Pointer, stateCotangent, throughGates);
        TileAlgebra.Combine(cotangent, throughGates, [1f], StateLength, cotangent);
    }

    /// <summary>The gradient of the parameters, in their order and shapes.</summary>
    public Tensor[] ToTensors(float* gradient)
    {
        float* states = gradient + InputGradientLength;
        return [Transposed(gradient, Inputs), Transposed(states, Width), Row(gradient, Tile.Pad(Inputs)), Row(states, Tile.Pad(Width))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inputWeight.Dispose();
        _stateWeight.Dispose();
        _statePullback.Dispose();
        _inputBias.Dispose();
        _stateBias.Dispose();
        _noBias.Dispose();
    }

    private void AddGradient(float* factor, int count, float* cotangent, float* gradient, float* transposed)
    {
        OuterProduct.Transpose(cotangent, Gates, transposed);
        OuterProduct.Add(factor, count, transposed, _stride, gradient);
        OuterProduct.AddSum(transposed, _stride, 1, gradient + (Tile.Pad(count) * _stride));
    }

    private Tensor Transposed(float* gradient, int columns)
    {
        float[] values = new float[Gates * columns];
        for (int i = 0; i < columns; i++)
        {
            for (int j = 0; j < Gates; j++)
            {
                values[(j * columns) + i] = gradient[(i * _stride) + j];
            }
        }

        return tensor(values, [Gates, columns]);
    }

    private Tensor Row(float* gradient, int row) => tensor(new ReadOnlySpan<float>(gradient + (row * _stride), Gates).ToArray());

    private AlignedBuffer Buffer(float[] values)
    {
        var buffer = new AlignedBuffer(_inputWeight.PaddedOutputs);
        values.CopyTo(new Span<float>(buffer.Pointer, values.Length));
        return buffer;
    }
}
