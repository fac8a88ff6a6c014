using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>
/// An affine map x W + b of a few rows, which may be one: W is regrouped in panels of neighbouring outputs, which the processor's cache holds
/// while all rows pass.
/// </summary>
/// <remarks>A row's result does not depend on the rows beside it: each output adds up its products in the order of the inputs.</remarks>
internal sealed unsafe class PanelAffine : IDisposable
{
    // Enough independent sums to hide the latency of a fused multiply-add.
    private const int PanelsAtOnce = 4;

    private readonly AlignedBuffer _weight;
    private readonly AlignedBuffer _bias;
    private readonly AlignedBuffer _offsets;
    private readonly int _inputs;
    private readonly int _panels;
    private readonly bool _endsInHalf;

    /// <param name="weight">W, float32 <c>[inputs, outputs]</c> on the CPU.</param>
    /// <param name="bias">b, float32 <c>[outputs]</c>, or <see langword="null"/> for zeros.</param>
    public PanelAffine(Tensor weight, Tensor? bias = null)
        : this(weight.ReadSingles(), (int)weight.shape[0], bias is null ? new float[weight.shape[1]] : bias.ReadSingles())
    {
    }

    /// <param name="weight">W, row-major, <c>[inputs, outputs]</c>.</param>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="bias">b, <c>[outputs]</c>.</param>
    public PanelAffine(ReadOnlySpan<float> weight, int inputs, ReadOnlySpan<float> bias)
    {
        _inputs = inputs;
        int outputs = bias.Length;
        Stride = Pad(outputs);
        _panels = Stride / Width;
        _endsInHalf = Stride - outputs >= Width / 2;
        _weight = new AlignedBuffer((long)_inputs * Stride);
        _bias = new AlignedBuffer(Stride);
        _offsets = new AlignedBuffer(_inputs);
        for (int i = 0; i < _inputs; i++)
        {
            ((int*)_offsets.Pointer)[i] = i * Width;
            for (int j = 0; j < outputs; j++)
            {
                (int panel, int within) = Math.DivRem(j, Width);
                _weight.Pointer[(((panel * _inputs) + i) * Width) + within] = weight[(i * outputs) + j];
            }
        }

        bias.CopyTo(new Span<float>(_bias.Pointer, outputs));
    }

    /// <summary>Outputs of a panel.</summary>
    public static int Width { get; } = 2 * Vector<float>.Count;

    /// <summary>Floats of a row of outputs, in whole panels; those past the last output are zero.</summary>
    public int Stride { get; }

    /// <summary>Multiplications for one row.</summary>
    public long Work => (long)_inputs * Stride;

    /// <summary>b, of <see cref="Stride"/> floats.</summary>
    public float* Bias => _bias.Pointer;

    /// <summary>A length in whole panels.</summary>
    public static int Pad(int length) => (length + Width - 1) / Width * Width;

    /// <summary>output = input · W + b for each row.</summary>
    /// <param name="input">Rows of inputs.</param>
    /// <param name="inputStride">Floats from one row of inputs to the next.</param>
    /// <param name="rows">Their number.</param>
    /// <param name="output">Receives rows of <see cref="Stride"/> floats.</param>
    /// <param name="outputStride">Floats from one row of outputs to the next.</param>
    public void Evaluate(float* input, int inputStride, int rows, float* output, int outputStride) =>
        Evaluate(input, inputStride, _bias.Pointer, 0, rows, output, outputStride);

    /// <summary>output = input · W + shift for each row, with a shift of its own.</summary>
    /// <param name="input">Rows of inputs.</param>
    /// <param name="inputStride">Floats from one row of inputs to the next.</param>
    /// <param name="shift">Rows of <see cref="Stride"/> floats.</param>
    /// <param name="shiftStride">Floats from one row's shift to the next; 0 where all rows share it.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="output">Receives rows of <see cref="Stride"/> floats.</param>
    /// <param name="outputStride">Floats from one row of outputs to the next.</param>
    public void Evaluate(float* input, int inputStride, float* shift, int shiftStride, int rows, float* output, int outputStride)
    {
        RowSpan x = new(input, inputStride), s = new(shift, shiftStride), y = new(output, outputStride);
        int grouped = rows < PanelProducts.FewestRows ? 0 : rows - (rows % 2);
        int panel = 0;

        // A panel is a vector of 512 bits, or two of fewer.
        for (; Tile.IsWideVector && grouped > 0 && panel + 2 <= _panels; panel += 2)
        {
            var pair = new VectorPairs(Panel(panel), (int*)_offsets.Pointer, _inputs, (nint)_inputs * Width, Width);
            PanelProducts.Multiply<WideVector>(grouped, pair, x, s.Shifted(panel * Width), y.Shifted(panel * Width));
        }

        for (; grouped > 0 && panel < _panels; panel++)
        {
            MultiplyPanel(panel, grouped, x, s.Shifted(panel * Width), y.Shifted(panel * Width));
        }

        for (int row = grouped; row < rows; row++)
        {
            MultiplyRow(x.At(row), s.At(row), y.At(row));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
        _offsets.Dispose();
    }

    // By vectors of 512 bits, or those of fewer where a panel's second has no outputs, as far as that leaves no rows or enough of them.
    private void MultiplyPanel(int panel, int rows, RowSpan x, RowSpan shift, RowSpan y)
    {
        var pair = new VectorPairs(Panel(panel), (int*)_offsets.Pointer, _inputs, Width / 2, Width / 2);
        int row = 0;
        bool isHalf = _endsInHalf && panel == _panels - 1;
        while ((Tile.IsWideVector || isHalf) && rows - row - PanelProducts.RowsOfSingleVectors is 0 or >= PanelProducts.FewestRows)
        {
            if (Tile.IsWideVector)
            {
                PanelProducts.MultiplyEight<WideVector>(pair, x.From(row), shift.From(row), y.From(row));
            }
            else
            {
                PanelProducts.MultiplyEight<UsualVector>(pair, x.From(row), shift.From(row), y.From(row));
                CopyHalf(shift.From(row).Shifted(Width / 2), y.From(row).Shifted(Width / 2));
            }

            row += PanelProducts.RowsOfSingleVectors;
        }

        if (row < rows)
        {
            PanelProducts.Multiply<UsualVector>(rows - row, pair, x.From(row), shift.From(row), y.From(row));
        }
    }

    private static void CopyHalf(RowSpan shift, RowSpan y)
    {
        for (int row = 0; row < PanelProducts.RowsOfSingleVectors; row++)
        {
            Vector.Load(shift.At(row)).Store(y.At(row));
        }
    }

    private float* Panel(int panel) => _weight.Pointer + ((long)panel * _inputs * Width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void MultiplyRow(float* x, float* shift, float* y)
    {
        int width = Vector<float>.Count;
        int panelLength = _inputs * 2 * width;
        float* weight = _weight.Pointer;
        int panel = 0;
        for (; panel + PanelsAtOnce <= _panels; panel += PanelsAtOnce)
        {
            Vector<float> a0 = Vector.Load(shift), b0 = Vector.Load(shift + width), a1 = Vector.Load(shift + (2 * width)), b1 = Vector.Load(shift + (3 * width));
            Vector<float> a2 = Vector.Load(shift + (4 * width)), b2 = Vector.Load(shift + (5 * width)), a3 = Vector.Load(shift + (6 * width)), b3 = Vector.Load(shift + (7 * width));
            float* w1 = weight + panelLength, w2 = w1 + panelLength, w3 = w2 + panelLength;
            for (int i = 0, j = 0; i < _inputs; i++, j += 2 * width)
            {
                var v = new Vector<float>(x[i]);
                a0 = Vector.FusedMultiplyAdd(v, Vector.Load(weight + j), a0);
                b0 = Vector.FusedMultiplyAdd(v, Vector.Load(weight + j + width), b0);
                a1 = Vector.FusedMultiplyAdd(v, Vector.Load(w1 + j), a1);
                b1 = Vector.FusedMultiplyAdd(v, Vector.Load(w1 + j + width), b1);
                a2 = Vector.FusedMultiplyAdd(v, Vector.Load(w2 + j), a2);
                b2 = Vector.FusedMultiplyAdd(v, Vector.Load(w2 + j + width), b2);
                a3 = Vector.FusedMultiplyAdd(v, Vector.Load(w3 + j), a3);
                b3 = Vector.FusedMultiplyAdd(v, Vector.Load(w3 + j + width), b3);
            }

            a0.Store(y);
            b0.Store(y + width);
            a1.Store(y + (2 * width));
            b1.Store(y + (3 * width));
            a2.Store(y + (4 * width));
            b2.Store(y + (5 * width));
            a3.Store(y + (6 * width));
            b3.Store(y + (7 * width));
            weight = w3 + panelLength;
            shift += 8 * width;
            y += 8 * width;
        }

        for (; panel < _panels; panel++)
        {
            Vector<float> a = Vector.Load(shift), b = Vector.Load(shift + width);
            for (int i = 0, j = 0; i < _inputs; i++, j += 2 * width)
            {
                var v = new Vector<float>(x[i]);
                a = Vector.FusedMultiplyAdd(v, Vector.Load(weight + j), a);
                b = Vector.FusedMultiplyAdd(v, Vector.Load(weight + j + width), b);
            }

            a.Store(y);
            b.Store(y + width);
            weight += panelLength;
            shift += 2 * width;
            y += 2 * width;
        }
    }
}
