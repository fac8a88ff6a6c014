using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;

namespace Microsoft.ML.Implicit.Layers.Ode;

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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Multiply(float* shift, float* input, float* output)
    {
        int width = Vector<float>.Count;
        int lanes = 2 * width;
        float* weight = _weight.Pointer;
        for (int j = 0; j < PaddedOutputs; j += Tile.CoordinateBlock)
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

    /// <inheritdoc/>
    public void Dispose() => _weight.Dispose();
}
