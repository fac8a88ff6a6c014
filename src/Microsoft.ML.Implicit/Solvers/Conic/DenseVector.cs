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

    /// <summary>y += Σ aᵢ xᵢ for four rows of a matrix.</summary>
    public static void AddFour(Span<double> y, ReadOnlySpan<double> a, ReadOnlySpan<double> rows, int columns)
    {
        Span<Vector<double>> target = MemoryMarshal.Cast<double, Vector<double>>(y);
        ReadOnlySpan<double> x0 = rows[..y.Length], x1 = rows.Slice(columns, y.Length), x2 = rows.Slice(2 * columns, y.Length), x3 = rows.Slice(3 * columns, y.Length);
        ReadOnlySpan<Vector<double>> v0 = MemoryMarshal.Cast<double, Vector<double>>(x0), v1 = MemoryMarshal.Cast<double, Vector<double>>(x1);
        ReadOnlySpan<Vector<double>> v2 = MemoryMarshal.Cast<double, Vector<double>>(x2), v3 = MemoryMarshal.Cast<double, Vector<double>>(x3);
        Vector<double> a0 = new(a[0]), a1 = new(a[1]), a2 = new(a[2]), a3 = new(a[3]);
        for (int i = 0; i < target.Length; i++)
        {
            Vector<double> first = Vector.FusedMultiplyAdd(a0, v0[i], target[i]);
            target[i] = Vector.FusedMultiplyAdd(a1, v1[i], first) + Vector.FusedMultiplyAdd(a2, v2[i], a3 * v3[i]);
        }

        for (int i = target.Length * Vector<double>.Count; i < y.Length; i++)
        {
            y[i] += (a[0] * x0[i]) + (a[1] * x1[i]) + (a[2] * x2[i]) + (a[3] * x3[i]);
        }
    }

    public static void Scale(Span<double> x, double factor)
    {
        for (int i = 0; i < x.Length; i++)
        {
            x[i] *= factor;
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

        double largest = 0;
        for (int i = 0; i < Vector<double>.Count; i++)
        {
            largest = Math.Max(largest, maxima[i]);
        }

        for (int i = vectors.Length * Vector<double>.Count; i < x.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(x[i]));
        }

        return largest;
    }

    /// <summary>y ← max(y, |x|), entry by entry.</summary>
    public static void RaiseToMagnitudes(Span<double> y, ReadOnlySpan<double> x)
    {
        Span<Vector<double>> target = MemoryMarshal.Cast<double, Vector<double>>(y);
        ReadOnlySpan<Vector<double>> source = MemoryMarshal.Cast<double, Vector<double>>(x[..y.Length]);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = Vector.Max(target[i], Vector.Abs(source[i]));
        }

        for (int i = target.Length * Vector<double>.Count; i < y.Length; i++)
        {
            y[i] = Math.Max(y[i], Math.Abs(x[i]));
        }
    }

    public static bool IsFinite(ReadOnlySpan<double> x)
    {
        foreach (double value in x)
        {
            if (!double.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>y = M x.</summary>
    public static void Multiply(ReadOnlySpan<double> matrix, ReadOnlySpan<double> x, Span<double> y)
    {
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = Dot(matrix.Slice(i * x.Length, x.Length), x);
        }
    }

    /// <summary>y += Mᵀ x.</summary>
    public static void AddTransposedProduct(ReadOnlySpan<double> matrix, ReadOnlySpan<double> x, Span<double> y)
    {
        for (int i = 0; i < x.Length; i++)
        {
            if (x[i] != 0)
            {
                AddScaled(y, x[i], matrix.Slice(i * y.Length, y.Length));
            }
        }
    }
}
