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
        for (int i = 0; i < x.Length; i++)
        {
            x[i] *= factor;
        }
    }

    public static double MaximumMagnitude(ReadOnlySpan<double> x)
    {
        double largest = 0;
        foreach (double value in x)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return largest;
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
