using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>
/// Products of rows of numbers with pairs of vectors, which stay in registers while the inputs pass: as many sums as hide the latency of a fused
/// multiply-add, and vectors that are loaded once for all rows.
/// </summary>
internal static unsafe class PanelProducts
{
    /// <summary>The fewest rows that can be multiplied.</summary>
    public const int FewestRows = 4;

    /// <summary>Rows of <see cref="MultiplyEight"/>.</summary>
    public const int RowsOfSingleVectors = 8;

    // With two vectors of outputs they fill the sixteen registers that all processors have.
    private const int MostRows = 6;

    /// <summary>y = x · W + s for an even number of rows, which sixes and fours add up to.</summary>
    /// <typeparam name="TVector">Width of a vector.</typeparam>
    /// <param name="rows">Their number, at least four.</param>
    /// <param name="vectors">W: vectors of outputs, one pair for each input.</param>
    /// <param name="x">The rows' inputs.</param>
    /// <param name="shift">s of the rows.</param>
    /// <param name="y">Receives the rows' outputs.</param>
    public static void Multiply<TVector>(int rows, VectorPairs vectors, RowSpan x, RowSpan shift, RowSpan y)
        where TVector : unmanaged, ISingleVector<TVector>
    {
        int row = 0;
        for (; (rows - row) % FewestRows != 0; row += MostRows)
        {
            MultiplySix<TVector>(vectors, x.From(row), shift.From(row), y.From(row));
        }

        for (; rows - row >= 2 * MostRows; row += 2 * MostRows)
        {
            MultiplySix<TVector>(vectors, x.From(row), shift.From(row), y.From(row));
            MultiplySix<TVector>(vectors, x.From(row + MostRows), shift.From(row + MostRows), y.From(row + MostRows));
        }

        for (; row < rows; row += FewestRows)
        {
            MultiplyFour<TVector>(vectors, x.From(row), shift.From(row), y.From(row));
        }
    }

    /// <summary>y = x · W + s for eight rows and the first vector of each pair alone.</summary>
    /// <inheritdoc cref="Multiply" path="/typeparam|/param[@name!='rows']"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void MultiplyEight<TVector>(VectorPairs vectors, RowSpan x, RowSpan shift, RowSpan y)
        where TVector : unmanaged, ISingleVector<TVector>
    {
        float* first = vectors.First;
        int* offsets = vectors.Offsets;
        int count = vectors.Count;
        float* x0 = x.At(0), x1 = x.At(1), x2 = x.At(2), x3 = x.At(3), x4 = x.At(4), x5 = x.At(5), x6 = x.At(6), x7 = x.At(7);
        TVector a0 = TVector.Load(shift.At(0)), a1 = TVector.Load(shift.At(1)), a2 = TVector.Load(shift.At(2)), a3 = TVector.Load(shift.At(3));
        TVector a4 = TVector.Load(shift.At(4)), a5 = TVector.Load(shift.At(5)), a6 = TVector.Load(shift.At(6)), a7 = TVector.Load(shift.At(7));
        for (int i = 0; i < count; i++)
        {
            TVector v = TVector.Load(first + offsets[i]);
            a0 = TVector.FusedMultiplyAdd(TVector.Create(x0[i]), v, a0);
            a1 = TVector.FusedMultiplyAdd(TVector.Create(x1[i]), v, a1);
            a2 = TVector.FusedMultiplyAdd(TVector.Create(x2[i]), v, a2);
            a3 = TVector.FusedMultiplyAdd(TVector.Create(x3[i]), v, a3);
            a4 = TVector.FusedMultiplyAdd(TVector.Create(x4[i]), v, a4);
            a5 = TVector.FusedMultiplyAdd(TVector.Create(x5[i]), v, a5);
            a6 = TVector.FusedMultiplyAdd(TVector.Create(x6[i]), v, a6);
            a7 = TVector.FusedMultiplyAdd(TVector.Create(x7[i]), v, a7);
        }

        a0.Store(y.At(0));
        a1.Store(y.At(1));
        a2.Store(y.At(2));
        a3.Store(y.At(3));
        a4.Store(y.At(4));
        a5.Store(y.At(5));
        a6.Store(y.At(6));
        a7.Store(y.At(7));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void MultiplySix<TVector>(VectorPairs vectors, RowSpan x, RowSpan shift, RowSpan y)
        where TVector : unmanaged, ISingleVector<TVector>
    {
        float* first = vectors.First;
        int* offsets = vectors.Offsets;
        int count = vectors.Count;
        nint apart = vectors.Apart;
        float* x0 = x.At(0), x1 = x.At(1), x2 = x.At(2), x3 = x.At(3), x4 = x.At(4), x5 = x.At(5);
        TVector a0 = TVector.Load(shift.At(0)), a1 = TVector.Load(shift.At(1)), a2 = TVector.Load(shift.At(2));
        TVector a3 = TVector.Load(shift.At(3)), a4 = TVector.Load(shift.At(4)), a5 = TVector.Load(shift.At(5));
        shift = shift.Shifted(vectors.OutputsApart);
        TVector b0 = TVector.Load(shift.At(0)), b1 = TVector.Load(shift.At(1)), b2 = TVector.Load(shift.At(2));
        TVector b3 = TVector.Load(shift.At(3)), b4 = TVector.Load(shift.At(4)), b5 = TVector.Load(shift.At(5));
        for (int i = 0; i < count; i++)
        {
            float* at = first + offsets[i];
            TVector l = TVector.Load(at), h = TVector.Load(at + apart);
            var v = TVector.Create(x0[i]);
            a0 = TVector.FusedMultiplyAdd(v, l, a0);
            b0 = TVector.FusedMultiplyAdd(v, h, b0);
            v = TVector.Create(x1[i]);
            a1 = TVector.FusedMultiplyAdd(v, l, a1);
            b1 = TVector.FusedMultiplyAdd(v, h, b1);
            v = TVector.Create(x2[i]);
            a2 = TVector.FusedMultiplyAdd(v, l, a2);
            b2 = TVector.FusedMultiplyAdd(v, h, b2);
            v = TVector.Create(x3[i]);
            a3 = TVector.FusedMultiplyAdd(v, l, a3);
            b3 = TVector.FusedMultiplyAdd(v, h, b3);
            v = TVector.Create(x4[i]);
            a4 = TVector.FusedMultiplyAdd(v, l, a4);
            b4 = TVector.FusedMultiplyAdd(v, h, b4);
            v = TVector.Create(x5[i]);
            a5 = TVector.FusedMultiplyAdd(v, l, a5);
            b5 = TVector.FusedMultiplyAdd(v, h, b5);
        }

        a0.Store(y.At(0));
        a1.Store(y.At(1));
        a2.Store(y.At(2));
        a3.Store(y.At(3));
        a4.Store(y.At(4));
        a5.Store(y.At(5));
        y = y.Shifted(vectors.OutputsApart);
        b0.Store(y.At(0));
        b1.Store(y.At(1));
        b2.Store(y.At(2));
        b3.Store(y.At(3));
        b4.Store(y.At(4));
        b5.Store(y.At(5));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void MultiplyFour<TVector>(VectorPairs vectors, RowSpan x, RowSpan shift, RowSpan y)
        where TVector : unmanaged, ISingleVector<TVector>
    {
        float* first = vectors.First;
        int* offsets = vectors.Offsets;
        int count = vectors.Count;
        nint apart = vectors.Apart;
        float* x0 = x.At(0), x1 = x.At(1), x2 = x.At(2), x3 = x.At(3);
        TVector a0 = TVector.Load(shift.At(0)), a1 = TVector.Load(shift.At(1)), a2 = TVector.Load(shift.At(2)), a3 = TVector.Load(shift.At(3));
        shift = shift.Shifted(vectors.OutputsApart);
        TVector b0 = TVector.Load(shift.At(0)), b1 = TVector.Load(shift.At(1)), b2 = TVector.Load(shift.At(2)), b3 = TVector.Load(shift.At(3));
        for (int i = 0; i < count; i++)
        {
            float* at = first + offsets[i];
            TVector l = TVector.Load(at), h = TVector.Load(at + apart);
            var v = TVector.Create(x0[i]);
            a0 = TVector.FusedMultiplyAdd(v, l, a0);
            b0 = TVector.FusedMultiplyAdd(v, h, b0);
            v = TVector.Create(x1[i]);
            a1 = TVector.FusedMultiplyAdd(v, l, a1);
            b1 = TVector.FusedMultiplyAdd(v, h, b1);
            v = TVector.Create(x2[i]);
            a2 = TVector.FusedMultiplyAdd(v, l, a2);
            b2 = TVector.FusedMultiplyAdd(v, h, b2);
            v = TVector.Create(x3[i]);
            a3 = TVector.FusedMultiplyAdd(v, l, a3);
            b3 = TVector.FusedMultiplyAdd(v, h, b3);
        }

        a0.Store(y.At(0));
        a1.Store(y.At(1));
        a2.Store(y.At(2));
        a3.Store(y.At(3));
        y = y.Shifted(vectors.OutputsApart);
        b0.Store(y.At(0));
        b1.Store(y.At(1));
        b2.Store(y.At(2));
        b3.Store(y.At(3));
    }
}
