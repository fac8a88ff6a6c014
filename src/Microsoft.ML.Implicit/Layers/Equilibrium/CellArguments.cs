namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>Checks that cells share.</summary>
internal static class CellArguments
{
    public static void RequireDropout(double dropout)
    {
        if (!(dropout is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(dropout), dropout, "The dropout must be within [0, 1).");
        }
    }

    public static void RequireContraction(double contraction)
    {
        if (!(contraction is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(contraction), contraction, "The contraction must be within (0, 1).");
        }
    }
}
