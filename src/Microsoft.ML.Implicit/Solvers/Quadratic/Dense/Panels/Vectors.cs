using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

/// <summary>Elementwise kernels and reductions on vectors padded to a multiple of eight.</summary>
internal static unsafe class Vectors
{
    private const int Lanes = 4;

    /// <summary>result = scale · x ∘ y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(double* x, double* y, double scale, double* result, int length)
    {
        for (int i = 0; i < length; i += Lanes)
        {
            (Vector256.Load(x + i) * Vector256.Load(y + i) * scale).Store(result + i);
        }
    }

    /// <summary>y += scale · x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(double* x, double scale, double* y, int length)
    {
        Vector256<double> factor = Vector256.Create(scale);
        for (int i = 0; i < length; i += Lanes)
        {
            Vector256.FusedMultiplyAdd(factor, Vector256.Load(x + i), Vector256.Load(y + i)).Store(y + i);
        }
    }

    /// <summary>result = x + scale · y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Combine(double* x, double scale, double* y, double* result, int length)
    {
        Vector256<double> factor = Vector256.Create(scale);
        for (int i = 0; i < length; i += Lanes)
        {
            Vector256.FusedMultiplyAdd(factor, Vector256.Load(y + i), Vector256.Load(x + i)).Store(result + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(double* x, double* y, int length)
    {
        Vector256<double> sum0 = Vector256<double>.Zero, sum1 = sum0;
        for (int i = 0; i < length; i += 2 * Lanes)
        {
            sum0 = Vector256.FusedMultiplyAdd(Vector256.Load(x + i), Vector256.Load(y + i), sum0);
            sum1 = Vector256.FusedMultiplyAdd(Vector256.Load(x + i + Lanes), Vector256.Load(y + i + Lanes), sum1);
        }

        return Vector256.Sum(sum0 + sum1);
    }

    /// <summary>Σ |xᵢ yᵢ|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double DotOfMagnitudes(double* x, double* y, int length)
    {
        Vector256<double> sum = Vector256<double>.Zero;
        for (int i = 0; i < length; i += Lanes)
        {
            sum += Vector256.Abs(Vector256.Load(x + i) * Vector256.Load(y + i));
        }

        return Vector256.Sum(sum);
    }

    /// <summary>Largest magnitude; NaN where an entry is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double MaxMagnitude(double* x, int length)
    {
        Vector256<double> largest = Vector256<double>.Zero;
        for (int i = 0; i < length; i += Lanes)
        {
            largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(x + i)));
        }

        return Max(largest);
    }

    /// <summary>Largest magnitude of x ∘ y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double MaxMagnitude(double* x, double* y, int length)
    {
        Vector256<double> largest = Vector256<double>.Zero;
        for (int i = 0; i < length; i += Lanes)
        {
            largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(x + i) * Vector256.Load(y + i)));
        }

        return Max(largest);
    }

    /// <summary>Largest magnitude in x relative to that of y, which counts as no less than <paramref name="smallest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double MaxRatio(double* x, double* y, double smallest, int length)
    {
        Vector256<double> largest = Vector256<double>.Zero, floor = Vector256.Create(smallest);
        for (int i = 0; i < length; i += Lanes)
        {
            largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(x + i)) / Vector256.Max(Vector256.Abs(Vector256.Load(y + i)), floor));
        }

        return Max(largest);
    }

    /// <summary>Largest t such that x + t · step stays nonnegative, for nonnegative x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double StepToBoundary(double* x, double* step, int length)
    {
        Vector256<double> fastest = Vector256<double>.Zero;
        for (int i = 0; i < length; i += Lanes)
        {
            // Entries that stay put divide nothing by something: zero over a positive number, or zero over zero for padding.
            Vector256<double> change = Vector256.Load(step + i);
            Vector256<double> rate = -change / Vector256.Load(x + i);
            fastest = Vector256.Max(fastest, Vector256.ConditionalSelect(Vector256.LessThan(change, Vector256<double>.Zero), rate, Vector256<double>.Zero));
        }

        double largest = Max(fastest);
        return largest > 0 ? 1 / largest : double.PositiveInfinity;
    }

    public static void Copy(double* source, double* target, int length) =>
        new ReadOnlySpan<double>(source, length).CopyTo(new Span<double>(target, length));

    private static double Max(Vector256<double> v) =>
        Math.Max(Math.Max(v.GetElement(0), v.GetElement(1)), Math.Max(v.GetElement(2), v.GetElement(3)));
}
