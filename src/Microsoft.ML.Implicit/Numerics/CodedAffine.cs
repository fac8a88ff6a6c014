using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>An affine map y W + b of <see cref="CodedRows"/>.</summary>
/// <remarks>A row's result does not depend on the rows beside it.</remarks>
internal sealed unsafe class CodedAffine : IDisposable
{
    // Enough independent sums to hide the latency of a fused multiply-add.
    private const int PanelsAtOnce = 4;

    private readonly PanelAffine _leading;
    private readonly AlignedBuffer _others;
    private readonly int _columns;

    /// <param name="weight">W, row-major, <c>[leading + others, outputs]</c>.</param>
    /// <param name="bias">b.</param>
    /// <param name="leadingWidth">Numbers of a row that are kept one by one.</param>
    public CodedAffine(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, int leadingWidth)
    {
        int outputs = bias.Length;
        _leading = new PanelAffine(weight[..(leadingWidth * outputs)], leadingWidth, bias);
        ReadOnlySpan<float> others = weight[(leadingWidth * outputs)..];
        _columns = others.Length / outputs;
        _others = new AlignedBuffer((long)_columns * Stride);
        for (int first = 0; first < Stride; first += BlockWidth(first))
        {
            float* block = Block(first);
            for (int column = 0; column < _columns; column++)
            {
                for (int j = first; j < Math.Min(first + BlockWidth(first), outputs); j++)
                {
                    block[(column * BlockWidth(first)) + j - first] = others[(column * outputs) + j];
                }
            }
        }
    }

    /// <summary>Floats of a row of outputs; those past the last output are zero.</summary>
    public int Stride => _leading.Stride;

    /// <summary>Multiplications for one row that has a number in every sixteenth column.</summary>
    public long Work => _leading.Work + ((long)_columns * Stride / 16);

    /// <summary>Evaluates the map.</summary>
    /// <param name="rows">y of each row.</param>
    /// <param name="output">Receives rows of <see cref="Stride"/> floats.</param>
    /// <param name="outputStride">Floats from one row of outputs to the next.</param>
    public void Evaluate(CodedRows rows, float* output, int outputStride)
    {
        _leading.Evaluate(rows.Leading, rows.LeadingWidth, rows.Count, output, outputStride);

        // A block of columns stays in the processor's cache while all rows pass.
        for (int first = 0; first < Stride; first += BlockWidth(first))
        {
            for (int row = 0; row < rows.Count; row++)
            {
                float* y = output + ((long)row * outputStride) + first;
                if (BlockWidth(first) == PanelAffine.Width)
                {
                    AddPanel(Block(first), rows.Columns(row), rows.Values(row), y);
                }
                else
                {
                    AddPanels(Block(first), rows.Columns(row), rows.Values(row), y);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _leading.Dispose();
        _others.Dispose();
    }

    private int BlockWidth(int first) => Stride - first >= PanelsAtOnce * PanelAffine.Width ? PanelsAtOnce * PanelAffine.Width : PanelAffine.Width;

    private float* Block(int first) => _others.Pointer + ((long)first * _columns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddPanels(float* block, ReadOnlySpan<int> columns, ReadOnlySpan<float> values, float* y)
    {
        int width = Vector<float>.Count;
        Vector<float> a0 = Vector.Load(y), a1 = Vector.Load(y + width), a2 = Vector.Load(y + (2 * width)), a3 = Vector.Load(y + (3 * width));
        Vector<float> a4 = Vector.Load(y + (4 * width)), a5 = Vector.Load(y + (5 * width)), a6 = Vector.Load(y + (6 * width)), a7 = Vector.Load(y + (7 * width));
        for (int i = 0; i < columns.Length; i++)
        {
            float* w = block + ((long)columns[i] * 8 * width);
            var v = new Vector<float>(values[i]);
            a0 = Vector.FusedMultiplyAdd(v, Vector.Load(w), a0);
            a1 = Vector.FusedMultiplyAdd(v, Vector.Load(w + width), a1);
            a2 = Vector.FusedMultiplyAdd(v, Vector.Load(w + (2 * width)), a2);
            a3 = Vector.FusedMultiplyAdd(v, Vector.Load(w + (3 * width)), a3);
            a4 = Vector.FusedMultiplyAdd(v, Vector.Load(w + (4 * width)), a4);
            a5 = Vector.FusedMultiplyAdd(v, Vector.Load(w + (5 * width)), a5);
            a6 = Vector.FusedMultiplyAdd(v, Vector.Load(w + (6 * width)), a6);
            a7 = Vector.FusedMultiplyAdd(v, Vector.Load(w + (7 * width)), a7);
        }

        a0.Store(y);
        a1.Store(y + width);
        a2.Store(y + (2 * width));
        a3.Store(y + (3 * width));
        a4.Store(y + (4 * width));
        a5.Store(y + (5 * width));
        a6.Store(y + (6 * width));
        a7.Store(y + (7 * width));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddPanel(float* block, ReadOnlySpan<int> columns, ReadOnlySpan<float> values, float* y)
    {
        int width = Vector<float>.Count;
        Vector<float> a = Vector.Load(y), b = Vector.Load(y + width);
        for (int i = 0; i < columns.Length; i++)
        {
            float* w = block + ((long)columns[i] * 2 * width);
            var v = new Vector<float>(values[i]);
            a = Vector.FusedMultiplyAdd(v, Vector.Load(w), a);
            b = Vector.FusedMultiplyAdd(v, Vector.Load(w + width), b);
        }

        a.Store(y);
        b.Store(y + width);
    }
}
