using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>Products of vectors and of matrices that are stored row by row.</summary>
internal static class DenseVector
{
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        ReadOnlySpan<Vector<double>> left = MemoryMarshal.Cast<double, Vector<double>>(x), right = MemoryMarshal.Cast<double, Vector<double>>(y[..x.Length]);
        Vector<double> sums = Vector<double>.Zero;
        for (int i = 0; i < left.Length; i++)
        {
            sums = Vector.FusedMultiplyAdd(left[i], right[i], sums);
        }

        double sum = Vector.Sum(sums);
        for (int i = left.Length * Vector<double>.Count; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    /// <summary>y += a x.</summary>
    public static void AddScaled(Span<double> y, double a, ReadOnlySpan<double> x)
    {
        Span<Vector<double>> target = MemoryMarshal.Cast<double, Vector<double>>(y);
        ReadOnlySpan<Vector<double>> source = MemoryMarshal.Cast<double, Vector<double>>(x[..y.Length]);
        var factor = new Vector<double>(a);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = Vector.FusedMultiplyAdd(factor, source[i], target[i]);
        }

        for (int i = target.Length * Vector<double>.Count; i < y.Length; i++)
        {
            y[i] += a * x[i];
        }
    }

    public static void Scale(Span<double> x, double factor)
    {
        Span<Vector<double>> target = MemoryMarshal.Cast<double, Vector<double>>(x);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] *= factor;
        }

        for (int i = target.Length * Vector<double>.Count; i < x.Length; i++)
        {
            x[i] *= factor;
        }
    }

    /// <summary>x ← a x y, entry by entry.</summary>
    public static void Scale(Span<double> x, double a, ReadOnlySpan<double> y)
    {
        Span<Vector<double>> target = MemoryMarshal.Cast<double, Vector<double>>(x);
        ReadOnlySpan<Vector<double>> source = MemoryMarshal.Cast<double, Vector<double>>(y[..x.Length]);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] *= source[i] * a;
        }

        for (int i = target.Length * Vector<double>.Count; i < x.Length; i++)
        {
            x[i] *= y[i] * a;
        }
    }

    /// <summary>x ← a x + b y.</summary>
    public static void Combine(double a, Span<double> x, double b, ReadOnlySpan<double> y)
    {
        Span<Vector<double>> target = MemoryMarshal.Cast<double, Vector<double>>(x);
        ReadOnlySpan<Vector<double>> source = MemoryMarshal.Cast<double, Vector<double>>(y[..x.Length]);
        Vector<double> left = new(a), right = new(b);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = Vector.FusedMultiplyAdd(right, source[i], left * target[i]);
        }

        for (int i = target.Length * Vector<double>.Count; i < x.Length; i++)
        {
            x[i] = (a * x[i]) + (b * y[i]);
        }
    }

    public static double MaximumMagnitude(ReadOnlySpan<double> x)
    {
        ReadOnlySpan<Vector<double>> vectors = MemoryMarshal.Cast<double, Vector<double>>(x);
        Vector<double> maxima = Vector<double>.Zero;
        foreach (Vector<double> vector in vectors)
        {
            maxima = Vector.Max(maxima, Vector.Abs(vector));
        }

        double largest = Largest(maxima);
        for (int i = vectors.Length * Vector<double>.Count; i < x.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(x[i]));
        }

        return largest;
    }

    /// <summary>y ← max(y, |a x z|), entry by entry, for finite x and positive a and z.</summary>
    /// <returns>The largest of these magnitudes.</returns>
    public static double RaiseToMagnitudes(Span<double> y, ReadOnlySpan<double> x, double a, ReadOnlySpan<double> z)
    {
        Span<Vector<double>> target = MemoryMarshal.Cast<double, Vector<double>>(y);
        ReadOnlySpan<Vector<double>> source = MemoryMarshal.Cast<double, Vector<double>>(x[..y.Length]), factors = MemoryMarshal.Cast<double, Vector<double>>(z[..y.Length]);
        Vector<double> factor = new(a), maxima = Vector<double>.Zero;
        for (int i = 0; i < target.Length; i++)
        {
            Vector<double> magnitudes = Vector.Abs(source[i]) * (factors[i] * factor);
            maxima = Vector.MaxNative(maxima, magnitudes);
            target[i] = Vector.MaxNative(target[i], magnitudes);
        }

        double largest = Largest(maxima);
        for (int i = target.Length * Vector<double>.Count; i < y.Length; i++)
        {
            double magnitude = Math.Abs(x[i]) * (z[i] * a);
            y[i] = Math.Max(y[i], magnitude);
            largest = Math.Max(largest, magnitude);
        }

        return largest;
    }

    public static bool IsFinite(ReadOnlySpan<double> x)
    {
        // Zero times what is not finite is not zero.
        ReadOnlySpan<Vector<double>> vectors = MemoryMarshal.Cast<double, Vector<double>>(x);
        Vector<double> sums = Vector<double>.Zero;
        foreach (Vector<double> vector in vectors)
        {
            sums += vector * Vector<double>.Zero;
        }

        double sum = Vector.Sum(sums);
        foreach (double value in x[(vectors.Length * Vector<double>.Count)..])
        {
            sum += value * 0;
        }

        return sum == 0;
    }

    /// <summary>y = M x.</summary>
    public static void Multiply(ReadOnlySpan<double> matrix, ReadOnlySpan<double> x, Span<double> y) => MultiplyStrided(matrix, x.Length, x, y);

    /// <summary>y = M x for a matrix whose rows begin some distance apart.</summary>
    public static void MultiplyStrided(ReadOnlySpan<double> matrix, int stride, ReadOnlySpan<double> x, Span<double> y)
    {
        int fours = y.Length - (y.Length % 4);
        for (int i = 0; i < fours; i += 4)
        {
            MultiplyFour(matrix[(i * stride)..], stride, x, y.Slice(i, 4));
        }

        for (int i = fours; i < y.Length; i++)
        {
            y[i] = Dot(matrix.Slice(i * stride, x.Length), x);
        }
    }

    /// <summary>y += Mᵀ x.</summary>
    public static void AddTransposedProduct(ReadOnlySpan<double> matrix, ReadOnlySpan<double> x, Span<double> y) => AddTransposedStrided(matrix, y.Length, x, y);

    /// <summary>y += Mᵀ x for a matrix whose rows begin some distance apart.</summary>
    public static void AddTransposedStrided(ReadOnlySpan<double> matrix, int stride, ReadOnlySpan<double> x, Span<double> y)
    {
        int fours = x.Length - (x.Length % 4);
        for (int i = 0; i < fours; i += 4)
        {
            AddFour(y, x.Slice(i, 4), matrix[(i * stride)..], stride);
        }

        for (int i = fours; i < x.Length; i++)
        {
            AddScaled(y, x[i], matrix.Slice(i * stride, y.Length));
        }
    }

    private static double Largest(Vector<double> x)
    {
        double largest = x[0];
        for (int i = 1; i < Vector<double>.Count; i++)
        {
            largest = Math.Max(largest, x[i]);
        }

        return largest;
    }

    // Four rows at once, so that no sum waits for the last one.
    private static void MultiplyFour(ReadOnlySpan<double> rows, int stride, ReadOnlySpan<double> x, Span<double> y)
    {
        int n = x.Length;
        ReadOnlySpan<double> x0 = rows[..n], x1 = rows.Slice(stride, n), x2 = rows.Slice(2 * stride, n), x3 = rows.Slice(3 * stride, n);
        ReadOnlySpan<Vector<double>> v0 = MemoryMarshal.Cast<double, Vector<double>>(x0), v1 = MemoryMarshal.Cast<double, Vector<double>>(x1);
        ReadOnlySpan<Vector<double>> v2 = MemoryMarshal.Cast<double, Vector<double>>(x2), v3 = MemoryMarshal.Cast<double, Vector<double>>(x3);
        ReadOnlySpan<Vector<double>> factors = MemoryMarshal.Cast<double, Vector<double>>(x);
        Vector<double> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (int i = 0; i < factors.Length; i++)
        {
            sum0 = Vector.FusedMultiplyAdd(v0[i], factors[i], sum0);
            sum1 = Vector.FusedMultiplyAdd(v1[i], factors[i], sum1);
            sum2 = Vector.FusedMultiplyAdd(v2[i], factors[i], sum2);
            sum3 = Vector.FusedMultiplyAdd(v3[i], factors[i], sum3);
        }

        (double y0, double y1, double y2, double y3) = (Vector.Sum(sum0), Vector.Sum(sum1), Vector.Sum(sum2), Vector.Sum(sum3));
        for (int i = factors.Length * Vector<double>.Count; i < n; i++)
        {
            y0 += x0[i] * x[i];
            y1 += x1[i] * x[i];
            y2 += x2[i] * x[i];
            y3 += x3[i] * x[i];
        }

        (y[0], y[1], y[2], y[3]) = (y0, y1, y2, y3);
    }

    // y += Σ aᵢ xᵢ for four rows of a matrix.
    private static void AddFour(Span<double> y, ReadOnlySpan<double> a, ReadOnlySpan<double> rows, int stride)
    {
        int n = y.Length;
        Span<Vector<double>> target = MemoryMarshal.Cast<double, Vector<double>>(y);
        ReadOnlySpan<double> x0 = rows[..n], x1 = rows.Slice(stride, n), x2 = rows.Slice(2 * stride, n), x3 = rows.Slice(3 * stride, n);
        ReadOnlySpan<Vector<double>> v0 = MemoryMarshal.Cast<double, Vector<double>>(x0), v1 = MemoryMarshal.Cast<double, Vector<double>>(x1);
        ReadOnlySpan<Vector<double>> v2 = MemoryMarshal.Cast<double, Vector<double>>(x2), v3 = MemoryMarshal.Cast<double, Vector<double>>(x3);
        Vector<double> a0 = new(a[0]), a1 = new(a[1]), a2 = new(a[2]), a3 = new(a[3]);
        for (int i = 0; i < target.Length; i++)
        {
            Vector<double> first = Vector.FusedMultiplyAdd(a0, v0[i], target[i]);
            target[i] = Vector.FusedMultiplyAdd(a1, v1[i], first) + Vector.FusedMultiplyAdd(a2, v2[i], a3 * v3[i]);
        }

        for (int i = target.Length * Vector<double>.Count; i < n; i++)
        {
            y[i] += (a[0] * x0[i]) + (a[1] * x1[i]) + (a[2] * x2[i]) + (a[3] * x3[i]);
        }
    }
}
