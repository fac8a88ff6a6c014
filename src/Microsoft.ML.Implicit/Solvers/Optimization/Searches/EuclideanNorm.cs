using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>Lengths of vectors whose squares may overflow or vanish.</summary>
internal static class EuclideanNorm
{
    // Between these, squares of what matters in a sum are normal numbers.
    private const double Smallest = 1e-140;
    private const double Largest = 1e140;

    /// <summary>The length of a vector; not finite where an entry is not.</summary>
    public static double Of(ReadOnlySpan<double> vector)
    {
        double norm = Math.Sqrt(TensorPrimitives.SumOfSquares(vector));
        if (norm is (> Smallest and < Largest) or double.NaN || vector.IsEmpty)
        {
            return norm;
        }

        double largest = Math.Abs(TensorPrimitives.MaxMagnitude(vector)), squares = 0;
        if (largest == 0 || !double.IsFinite(largest))
        {
            return largest;
        }

        foreach (double entry in vector)
        {
            squares += entry / largest * (entry / largest);
        }

        return largest * Math.Sqrt(squares);
    }
}
