namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// Units of slacks: a linear map T of each cone onto itself, s̄ = Ts and y = Tᵀȳ. Beside factors these are, of a second-order cone, hyperbolic rotations, which multiply
/// s₀ + sₖ and divide s₀ − sₖ by one number, and of an exponential one, y exp(x / y) ≤ z, shears (x + κy, y, exp(κ) z).
/// </summary>
/// <param name="Factors">Of slacks, of s₀ + sₖ in the place of s₀ and of s₀ − sₖ in that of sₖ.</param>
/// <param name="Pairs">Places of s₀ and sₖ.</param>
/// <param name="Shears">The places of x and κ.</param>
internal sealed record SlackUnits(double[] Factors, IReadOnlyList<(int First, int Second)> Pairs, IReadOnlyList<(int Start, double Shift)> Shears)
{
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
    /// <param name="matrix">A, row by row.</param>
    /// <param name="columns">The diagonal of D.</param>
    public void ToNormalRows(Span<double> matrix, double[] columns)
    {
        int n = columns.Length;
        Rotate(matrix, n, 1);
        for (int i = 0; i < Factors.Length; i++)
        {
            DenseVector.Scale(matrix.Slice(i * n, n), Factors[i], columns);
        }

        Rotate(matrix, n, 0.5);
        foreach ((int start, double shift) in Shears)
        {
            DenseVector.AddScaled(matrix.Slice(start * n, n), shift, matrix.Slice((start + 1) * n, n));
        }
    }

    /// <summary>(s₀, sₖ) ← (s₀ + sₖ, s₀ − sₖ) times a number, in each column.</summary>
    public void Rotate(Span<double> rows, int columns, double factor)
    {
        foreach ((int first, int second) in Pairs)
        {
            Span<double> upper = rows.Slice(first * columns, columns), lower = rows.Slice(second * columns, columns);
            for (int j = 0; j < columns; j++)
            {
                (upper[j], lower[j]) = ((upper[j] + lower[j]) * factor, (upper[j] - lower[j]) * factor);
            }
        }
    }

    private void Scale(Span<double> v, bool isInverse)
    {
        Rotate(v, 1, 1);
        for (int i = 0; i < v.Length; i++)
        {
            v[i] = isInverse ? v[i] / Factors[i] : v[i] * Factors[i];
        }

        Rotate(v, 1, 0.5);
    }
}
