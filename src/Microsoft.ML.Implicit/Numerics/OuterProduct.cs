using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>
/// Sums of outer products over the rows of a tile, G[i, j] += Σ x[i] c[j], as a weight's gradient needs them. The
/// cotangent is transposed first, so that eight vectors of G stay in registers while the rows pass by.
/// </summary>
internal static unsafe class OuterProduct
{
    /// <summary>Outputs in a row of G, padded to whole vectors.</summary>
    public static int Stride(int outputs) => (outputs + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;

    /// <summary>Turns <c>[outputs][lanes]</c> into <c>[lanes][stride]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* tile, int outputs, float* transposed)
    {
        int lanes = 2 * Vector<float>.Count;
        int stride = Stride(outputs);
        for (int j = 0; j < outputs; j++)
        {
            float* column = transposed + j;
            for (int lane = 0; lane < lanes; lane++)
            {
                *column = *tile++;
                column += stride;
            }
        }
    }

    /// <summary>Adds the outer products of a tile.</summary>
    /// <param name="x"><c>[padded inputs][lanes]</c>.</param>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="transposed">c, <c>[lanes][stride]</c>.</param>
    /// <param name="stride">Outputs in a row of G.</param>
    /// <param name="gradient">G, <c>[padded inputs][stride]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* x, int inputs, float* transposed, int stride, float* gradient)
    {
        int width = Vector<float>.Count;
        int lanes = 2 * width;
        for (int i = 0; i < inputs; i += Tile.CoordinateBlock)
        {
            int j = 0;
            for (; Tile.IsWideVector && j + (2 * lanes) <= stride; j += 2 * lanes)
            {
                AddWide(x, transposed + j, stride, gradient + j);
            }

            for (; j + lanes <= stride; j += lanes)
            {
                AddPair(x, transposed + j, stride, gradient + j);
            }

            if (j < stride)
            {
                AddSingle(x, transposed + j, stride, gradient + j);
            }

            x += Tile.CoordinateBlock * lanes;
            gradient += Tile.CoordinateBlock * stride;
        }
    }

    /// <summary>Adds the sum of c over the rows of a tile, times a factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddSum(float* transposed, int stride, float factor, float* sum)
    {
        int lanes = 2 * Vector<float>.Count;
        var weight = new Vector<float>(factor);
        for (int j = 0; j < stride; j += Vector<float>.Count)
        {
            Vector<float> total = Vector.Load(transposed + j);
            for (int lane = 1; lane < lanes; lane++)
            {
                total += Vector.Load(transposed + (lane * stride) + j);
            }

            Vector.FusedMultiplyAdd(weight, total, Vector.Load(sum + j)).Store(sum + j);
        }
    }

    // Four inputs and two vectors of 512 bits of outputs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddWide(float* x, float* c, int stride, float* gradient)
    {
        int lanes = Vector512<float>.Count;
        float* g1 = gradient + stride, g2 = g1 + stride, g3 = g2 + stride;
        Vector512<float> a0 = Vector512.Load(gradient), a1 = Vector512.Load(g1), a2 = Vector512.Load(g2), a3 = Vector512.Load(g3);
        Vector512<float> b0 = Vector512.Load(gradient + lanes), b1 = Vector512.Load(g1 + lanes), b2 = Vector512.Load(g2 + lanes), b3 = Vector512.Load(g3 + lanes);
        for (int lane = 0; lane < lanes; lane++)
        {
            Vector512<float> low = Vector512.Load(c);
            Vector512<float> high = Vector512.Load(c + lanes);
            Vector512<float> w = Vector512.Create(x[lane]);
            a0 = Vector512.FusedMultiplyAdd(w, low, a0);
            b0 = Vector512.FusedMultiplyAdd(w, high, b0);
            w = Vector512.Create(x[lanes + lane]);
            a1 = Vector512.FusedMultiplyAdd(w, low, a1);
            b1 = Vector512.FusedMultiplyAdd(w, high, b1);
            w = Vector512.Create(x[(2 * lanes) + lane]);
            a2 = Vector512.FusedMultiplyAdd(w, low, a2);
            b2 = Vector512.FusedMultiplyAdd(w, high, b2);
            w = Vector512.Create(x[(3 * lanes) + lane]);
            a3 = Vector512.FusedMultiplyAdd(w, low, a3);
            b3 = Vector512.FusedMultiplyAdd(w, high, b3);
            c += stride;
        }

        a0.Store(gradient);
        b0.Store(gradient + lanes);
        a1.Store(g1);
        b1.Store(g1 + lanes);
        a2.Store(g2);
        b2.Store(g2 + lanes);
        a3.Store(g3);
        b3.Store(g3 + lanes);
    }

    // Four inputs and two vectors of outputs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddPair(float* x, float* c, int stride, float* gradient)
    {
        int width = Vector<float>.Count;
        int lanes = 2 * width;
        float* g1 = gradient + stride, g2 = g1 + stride, g3 = g2 + stride;
        Vector<float> a0 = Vector.Load(gradient), a1 = Vector.Load(g1), a2 = Vector.Load(g2), a3 = Vector.Load(g3);
        Vector<float> b0 = Vector.Load(gradient + width), b1 = Vector.Load(g1 + width), b2 = Vector.Load(g2 + width), b3 = Vector.Load(g3 + width);
        for (int lane = 0; lane < lanes; lane++)
        {
            Vector<float> low = Vector.Load(c);
            Vector<float> high = Vector.Load(c + width);
            var w = new Vector<float>(x[lane]);
            a0 = Vector.FusedMultiplyAdd(w, low, a0);
            b0 = Vector.FusedMultiplyAdd(w, high, b0);
            w = new Vector<float>(x[lanes + lane]);
            a1 = Vector.FusedMultiplyAdd(w, low, a1);
            b1 = Vector.FusedMultiplyAdd(w, high, b1);
            w = new Vector<float>(x[(2 * lanes) + lane]);
            a2 = Vector.FusedMultiplyAdd(w, low, a2);
            b2 = Vector.FusedMultiplyAdd(w, high, b2);
            w = new Vector<float>(x[(3 * lanes) + lane]);
            a3 = Vector.FusedMultiplyAdd(w, low, a3);
            b3 = Vector.FusedMultiplyAdd(w, high, b3);
            c += stride;
        }

        a0.Store(gradient);
        b0.Store(gradient + width);
        a1.Store(g1);
        b1.Store(g1 + width);
        a2.Store(g2);
        b2.Store(g2 + width);
        a3.Store(g3);
        b3.Store(g3 + width);
    }

    // Four inputs and one vector of outputs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddSingle(float* x, float* c, int stride, float* gradient)
    {
        int lanes = 2 * Vector<float>.Count;
        float* g1 = gradient + stride, g2 = g1 + stride, g3 = g2 + stride;
        Vector<float> a0 = Vector.Load(gradient), a1 = Vector.Load(g1), a2 = Vector.Load(g2), a3 = Vector.Load(g3);
        for (int lane = 0; lane < lanes; lane++)
        {
            Vector<float> row = Vector.Load(c);
            a0 = Vector.FusedMultiplyAdd(new Vector<float>(x[lane]), row, a0);
            a1 = Vector.FusedMultiplyAdd(new Vector<float>(x[lanes + lane]), row, a1);
            a2 = Vector.FusedMultiplyAdd(new Vector<float>(x[(2 * lanes) + lane]), row, a2);
            a3 = Vector.FusedMultiplyAdd(new Vector<float>(x[(3 * lanes) + lane]), row, a3);
            c += stride;
        }

        a0.Store(gradient);
        a1.Store(g1);
        a2.Store(g2);
        a3.Store(g3);
    }
}
