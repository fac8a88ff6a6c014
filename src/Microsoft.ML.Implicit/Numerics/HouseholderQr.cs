using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>QR factorisations of small dense matrices by Householder's reflections, columns one after the other.</summary>
internal static class HouseholderQr
{
    /// <summary>Leaves R in the upper triangle and Qᵀ b in the right side.</summary>
    /// <param name="columns">The matrix column by column; overwritten.</param>
    /// <param name="rows">Its number of rows, at least that of its columns.</param>
    /// <param name="rightSide">b; overwritten.</param>
    public static void Factor(Span<double> columns, int rows, Span<double> rightSide)
    {
        int width = columns.Length / rows;
        for (int j = 0; j < width; j++)
        {
            Span<double> reflector = columns.Slice((j * rows) + j, rows - j);
            double norm = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(reflector));
            if (norm == 0)
            {
                continue;
            }

            double diagonal = reflector[0] > 0 ? -norm : norm;
            reflector[0] -= diagonal;
            double factor = 1 / (diagonal * reflector[0]);
            for (int k = j + 1; k < width; k++)
            {
                Reflect(reflector, factor, columns.Slice((k * rows) + j, rows - j));
            }

            Reflect(reflector, factor, rightSide[j..rows]);
            reflector[0] = diagonal;
        }
    }

    /// <summary>Solves R x = b for the upper triangle of a factorisation; an entry whose diagonal is at most a limit is zero.</summary>
    /// <param name="columns">The factorisation.</param>
    /// <param name="rows">Number of rows of its columns.</param>
    /// <param name="x">b; overwritten by x.</param>
    /// <param name="limit">What a diagonal entry must exceed.</param>
    public static void BackSubstitute(ReadOnlySpan<double> columns, int rows, Span<double> x, double limit)
    {
        for (int j = x.Length - 1; j >= 0; j--)
        {
            ReadOnlySpan<double> column = columns.Slice(j * rows, j + 1);
            x[j] = Math.Abs(column[j]) > limit ? x[j] / column[j] : 0;
            TensorPrimitives.MultiplyAdd(column[..j], -x[j], x[..j], x[..j]);
        }
    }

    // x += (vᵀ x) v / (d v₀), where −2 / vᵀv = 1 / (d v₀).
    private static void Reflect(ReadOnlySpan<double> reflector, double factor, Span<double> target) =>
        TensorPrimitives.MultiplyAdd(reflector, factor * TensorPrimitives.Dot(reflector, target), target, target);
}
