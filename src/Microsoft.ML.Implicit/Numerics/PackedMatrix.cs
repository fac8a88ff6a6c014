using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>A matrix for products with tiles, regrouped so that each pass over the inputs makes four outputs.</summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private readonly int _inputs;
    private readonly AlignedBuffer _weight;

    /// <param name="weight">Row-major, <c>[inputs, outputs]</c>, or <c>[outputs, inputs]</c> where transposed.</param>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="transposed">Whether the given matrix is to be transposed.</param>
    public PackedMatrix(ReadOnlySpan<float> weight, int inputs, int outputs, bool transposed)
    {
        _inputs = inputs;
        PaddedOutputs = Tile.Pad(outputs);
        _weight = new AlignedBuffer((long)inputs * PaddedOutputs);
        for (int j = 0; j < outputs; j++)
        {
            (int block, int within) = Math.DivRem(j, Tile.CoordinateBlock);
            for (int i = 0; i < inputs; i++)
            {
                _weight.Pointer[(((block * inputs) + i) * Tile.CoordinateBlock) + within] = transposed ? weight[(j * inputs) + i] : weight[(i * outputs) + j];
            }
        }
    }

    public int PaddedOutputs { get; }

    /// <summary>output = input · W + shift on one tile.</summary>
    public void Multiply(float* shift, float* input, float* output)
    {
        if (Tile.IsWideVector)
        {
            MultiplyWide(shift, input, output);
        }
        else
        {
            MultiplyPair(shift, input, output);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _weight.Dispose();

    // One vector of 512 bits holds the rows of a tile: eight outputs a pass hide the latency of a fused multiply-add.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyWide(float* shift, float* input, float* output)
    {
        int lanes = Vector512<float>.Count;
        int blockLength = _inputs * Tile.CoordinateBlock;
        int j = 0;
        for (; j + (2 * Tile.CoordinateBlock) <= PaddedOutputs; j += 2 * Tile.CoordinateBlock)
        {
            float* weight = _weight.Pointer + (j * _inputs);
            Vector512<float> a0 = Vector512.Create(shift[j]), a1 = Vector512.Create(shift[j + 1]), a2 = Vector512.Create(shift[j + 2]), a3 = Vector512.Create(shift[j + 3]);
            Vector512<float> b0 = Vector512.Create(shift[j + 4]), b1 = Vector512.Create(shift[j + 5]), b2 = Vector512.Create(shift[j + 6]), b3 = Vector512.Create(shift[j + 7]);
            float* x = input;
            for (int i = 0; i < _inputs; i++)
            {
                Vector512<float> row = Vector512.Load(x);
                a0 = Vector512.FusedMultiplyAdd(Vector512.Create(weight[0]), row, a0);
                a1 = Vector512.FusedMultiplyAdd(Vector512.Create(weight[1]), row, a1);
                a2 = Vector512.FusedMultiplyAdd(Vector512.Create(weight[2]), row, a2);
                a3 = Vector512.FusedMultiplyAdd(Vector512.Create(weight[3]), row, a3);
                b0 = Vector512.FusedMultiplyAdd(Vector512.Create(weight[blockLength]), row, b0);
                b1 = Vector512.FusedMultiplyAdd(Vector512.Create(weight[blockLength + 1]), row, b1);
                b2 = Vector512.FusedMultiplyAdd(Vector512.Create(weight[blockLength + 2]), row, b2);
                b3 = Vector512.FusedMultiplyAdd(Vector512.Create(weight[blockLength + 3]), row, b3);
                x += lanes;
                weight += Tile.CoordinateBlock;
            }

            float* y = output + (j * lanes);
            a0.Store(y);
            a1.Store(y + lanes);
            a2.Store(y + (2 * lanes));
            a3.Store(y + (3 * lanes));
            b0.Store(y + (4 * lanes));
            b1.Store(y + (5 * lanes));
            b2.Store(y + (6 * lanes));
            b3.Store(y + (7 * lanes));
        }

        if (j < PaddedOutputs)
        {
            MultiplyPair(shift, input, output, j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyPair(float* shift, float* input, float* output, int first = 0)
    {
        int width = Vector<float>.Count;
        int lanes = 2 * width;
        float* weight = _weight.Pointer + (first * _inputs);
        for (int j = first; j < PaddedOutputs; j += Tile.CoordinateBlock)
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

            float* y = output + (j * lanes);
            a0.Store(y);
            b0.Store(y + width);
            a1.Store(y + lanes);
            b1.Store(y + lanes + width);
            a2.Store(y + (2 * lanes));
            b2.Store(y + (2 * lanes) + width);
            a3.Store(y + (3 * lanes));
            b3.Store(y + (3 * lanes) + width);
        }
    }
}
