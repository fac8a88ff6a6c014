using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Units;

/// <summary>
/// Units of slacks: a linear map T of each cone onto itself, s̄ = Ts and y = Tᵀȳ. Beside factors these are, of a second-order cone, hyperbolic rotations, which multiply
/// s₀ + sₖ and divide s₀ − sₖ by one number, and of an exponential one, y exp(x / y) ≤ z, shears (x + κy, y, exp(κ) z).
/// </summary>
/// <param name="Factors">Of slacks, of s₀ + sₖ in the place of s₀ and of s₀ − sₖ in that of sₖ.</param>
/// <param name="Pairs">Places of s₀ and sₖ.</param>
/// <param name="Shears">The places of x and κ.</param>
internal sealed record SlackUnits(double[] Factors, IReadOnlyList<(int First, int Second)> Pairs, IReadOnlyList<(int Start, double Shift)> Shears)
{
    /// <summary>Multiplies the unit of z beside those of x and y by 1 / 2ᵏ, of exponential cones in the order of their shears.</summary>
    public SlackUnits WithExponents(IReadOnlyList<int> exponents)
    {
        double[] factors = [.. Factors];
        var shears = new (int Start, double Shift)[Shears.Count];
        for (int i = 0; i < shears.Length; i++)
        {
            factors[Shears[i].Start + 2] *= Math.ScaleB(1, exponents[i]);
            shears[i] = (Shears[i].Start, Shears[i].Shift + (exponents[i] * Math.Log(2)));
        }

        return this with { Factors = factors, Shears = shears };
    }

    /// <summary>s ← Ts.</summary>
    public void ToNormalSlacks(Span<double> s)
    {
        Scale(s, isInverse: false);
        foreach ((int start, double shift) in Shears)
        {
            s[start] += shift * s[start + 1];
        }
    }

    /// <summary>s ← T⁻¹s.</summary>
    public void FromNormalSlacks(Span<double> s)
    {
        foreach ((int start, double shift) in Shears)
        {
            s[start] -= shift * s[start + 1];
        }

        Scale(s, isInverse: true);
    }

    /// <summary>y ← T⁻ᵀy.</summary>
    public void ToNormalMultipliers(Span<double> y)
    {
        Scale(y, isInverse: true);
        foreach ((int start, double shift) in Shears)
        {
            y[start + 1] -= shift * y[start];
        }
    }

    /// <summary>y ← Tᵀy.</summary>
    public void FromNormalMultipliers(Span<double> y)
    {
        foreach ((int start, double shift) in Shears)
        {
            y[start + 1] += shift * y[start];
        }

        Scale(y, isInverse: false);
    }

    /// <summary>A ← TAD.</summary>
    /// <param name="matrix">A.</param>
    /// <param name="columns">The diagonal of D.</param>
    public void ToNormalRows(RowMatrix matrix, double[] columns)
    {
        Rotate(matrix, 1);
        for (int i = 0; i < Factors.Length; i++)
        {
            matrix.Scale(i, Factors[i], columns);
        }

        Rotate(matrix, 0.5);
        foreach ((int start, double shift) in Shears)
        {
            DenseVector.AddScaled(matrix.Row(start), shift, matrix.Row(start + 1));
        }
    }

    /// <summary>(s₀, sₖ) ← (s₀ + sₖ, s₀ − sₖ) times a number, in each column. Rows of one cone have their entries in the same columns.</summary>
    public void Rotate(RowMatrix matrix, double factor)
    {
        foreach ((int first, int second) in Pairs)
        {
            Rotate(matrix.Row(first), matrix.Row(second), factor);
        }
    }

    /// <summary>(s₀, sₖ) ← (s₀ + sₖ, s₀ − sₖ) times a number.</summary>
    public void Rotate(Span<double> s, double factor)
    {
        foreach ((int first, int second) in Pairs)
        {
            Rotate(s.Slice(first, 1), s.Slice(second, 1), factor);
        }
    }

    private static void Rotate(Span<double> upper, Span<double> lower, double factor)
    {
        for (int j = 0; j < upper.Length; j++)
        {
            (upper[j], lower[j]) = ((upper[j] + lower[j]) * factor, (upper[j] - lower[j]) * factor);
        }
    }

    private void Scale(Span<double> v, bool isInverse)
    {
        Rotate(v, 1);
        for (int i = 0; i < v.Length; i++)
        {
            v[i] = isInverse ? v[i] / Factors[i] : v[i] * Factors[i];
        }

        Rotate(v, 0.5);
    }
}
