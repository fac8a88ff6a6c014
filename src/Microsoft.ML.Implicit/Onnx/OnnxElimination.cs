namespace Microsoft.ML.Implicit.Onnx;

/// <summary>Small symmetric systems, one a row, by Gauss-Jordan elimination without pivoting, unrolled into nodes.</summary>
internal static class OnnxElimination
{
    /// <summary>Solves a system a row.</summary>
    /// <param name="matrix">[rows, size, size].</param>
    /// <param name="right">[rows, size, columns].</param>
    /// <param name="size">Number of unknowns.</param>
    /// <returns>The solution [rows, size, columns], and the smallest pivot [rows, 1, 1], which is positive where the matrix is positive definite.</returns>
    public static (OnnxValue Solution, OnnxValue SmallestPivot) Solve(OnnxValue matrix, OnnxValue right, int size)
    {
        OnnxGraph graph = matrix.Graph;
        OnnxValue rows = OnnxValue.Concatenate(2, matrix, right);
        var pivots = new OnnxValue[size];
        for (int k = 0; k < size; k++)
        {
            // With the pivot row divided by its pivot, row i loses its share of it, and the pivot row all but itself divided.
            double[] unit = new double[size];
            unit[k] = 1;
            OnnxValue row = rows.Slice(1, k, k + 1);
            pivots[k] = row.Slice(2, 0, 1);
            OnnxValue factors = rows.Slice(2, 0, 1) - graph.Constant(unit, matrix.Type, 1, size, 1);
            rows = rows.Slice(2, 1, int.MaxValue) - (factors * (row.Slice(2, 1, int.MaxValue) / pivots[k]));
        }

        return (rows, OnnxValue.Concatenate(1, pivots).Smallest(1));
    }
}
