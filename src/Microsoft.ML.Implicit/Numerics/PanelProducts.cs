using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>
/// Products of a few rows with two vectors of neighbouring outputs, which stay in registers while the inputs pass: as many sums as hide the latency of a fused
/// multiply-add, and weights that are loaded once for all rows.
/// </summary>
internal static unsafe class PanelProducts
{
    /// <summary>Rows of <see cref="MultiplySix"/>: with two vectors of outputs they fill the sixteen registers that all processors have.</summary>
    public const int MostRows = 6;

    /// <summary>Rows of <see cref="MultiplyFour"/>.</summary>
    public const int FewerRows = 4;

    /// <summary>y = x · W + s for six rows.</summary>
    /// <typeparam name="TVector">Width of a vector.</typeparam>
    /// <param name="weight">The vectors of W that the first and the second outputs are made of, one for each input.</param>
    /// <param name="x">The rows' inputs.</param>
    /// <param name="shift">s of the rows.</param>
    /// <param name="y">Receives the rows' outputs.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void MultiplySix<TVector>(WeightPair weight, RowSpan x, RowSpan shift, RowSpan y)
        where TVector : unmanaged, ISingleVector<TVector>
    {
        float* low = weight.Low, high = weight.High;
        int inputs = weight.Inputs, step = weight.Step;
        float* x0 = x.At(0), x1 = x.At(1), x2 = x.At(2), x3 = x.At(3), x4 = x.At(4), x5 = x.At(5);
        TVector a0 = TVector.Load(shift.At(0)), a1 = TVector.Load(shift.At(1)), a2 = TVector.Load(shift.At(2));
        TVector a3 = TVector.Load(shift.At(3)), a4 = TVector.Load(shift.At(4)), a5 = TVector.Load(shift.At(5));
        shift = shift.Shifted(weight.Distance);
        TVector b0 = TVector.Load(shift.At(0)), b1 = TVector.Load(shift.At(1)), b2 = TVector.Load(shift.At(2));
        TVector b3 = TVector.Load(shift.At(3)), b4 = TVector.Load(shift.At(4)), b5 = TVector.Load(shift.At(5));
        for (int i = 0; i < inputs; i++)
        {
            TVector l = TVector.Load(low), h = TVector.Load(high);
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
            low += step;
            high += step;
        }

        a0.Store(y.At(0));
        a1.Store(y.At(1));
        a2.Store(y.At(2));
        a3.Store(y.At(3));
        a4.Store(y.At(4));
        a5.Store(y.At(5));
        y = y.Shifted(weight.Distance);
        b0.Store(y.At(0));
        b1.Store(y.At(1));
        b2.Store(y.At(2));
        b3.Store(y.At(3));
        b4.Store(y.At(4));
        b5.Store(y.At(5));
    }

    /// <summary>The same for four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void MultiplyFour<TVector>(WeightPair weight, RowSpan x, RowSpan shift, RowSpan y)
        where TVector : unmanaged, ISingleVector<TVector>
    {
        float* low = weight.Low, high = weight.High;
        int inputs = weight.Inputs, step = weight.Step;
        float* x0 = x.At(0), x1 = x.At(1), x2 = x.At(2), x3 = x.At(3);
        TVector a0 = TVector.Load(shift.At(0)), a1 = TVector.Load(shift.At(1)), a2 = TVector.Load(shift.At(2)), a3 = TVector.Load(shift.At(3));
        shift = shift.Shifted(weight.Distance);
        TVector b0 = TVector.Load(shift.At(0)), b1 = TVector.Load(shift.At(1)), b2 = TVector.Load(shift.At(2)), b3 = TVector.Load(shift.At(3));
        for (int i = 0; i < inputs; i++)
        {
            TVector l = TVector.Load(low), h = TVector.Load(high);
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
            low += step;
            high += step;
        }

        a0.Store(y.At(0));
        a1.Store(y.At(1));
        a2.Store(y.At(2));
        a3.Store(y.At(3));
        y = y.Shifted(weight.Distance);
        b0.Store(y.At(0));
        b1.Store(y.At(1));
        b2.Store(y.At(2));
        b3.Store(y.At(3));
    }
}
