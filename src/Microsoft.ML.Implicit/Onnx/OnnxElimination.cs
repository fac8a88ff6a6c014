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

    /// <summary>Inverts a matrix a row, in place, in a loop over its unknowns.</summary>
    /// <param name="matrix">[rows, size, size].</param>
    /// <param name="size">Number of unknowns.</param>
    /// <returns>The inverse, and the smallest pivot [rows, 1, 1], which is positive where the matrix is positive definite.</returns>
    public static (OnnxValue Inverse, OnnxValue SmallestPivot) Invert(OnnxValue matrix, int size)
    {
        OnnxGraph graph = matrix.Graph;
        OnnxValue places = graph.Constant([.. Enumerable.Range(0, size).Select(i => (long)i)], 1, 1, size);
        OnnxValue unlimited = graph.PerRow(graph.Number(double.MaxValue, matrix.Type), matrix, 1, 1);
        OnnxValue[] end = graph.Loop(size, [matrix, unlimited], (k, state) =>
        {
            // The inverse's column takes the place of the one that is eliminated.
            OnnxValue index = k.Reshape(1);
            OnnxValue isColumn = places.EqualTo(index);
            OnnxValue unit = isColumn.To(matrix.Type).Transpose(0, 2, 1);
            OnnxValue column = state[0].Gather(2, index);
            OnnxValue pivot = column.Gather(1, index);
            OnnxValue work = isColumn.Where(unit, state[0]);
            OnnxValue row = work.Gather(1, index) / pivot;
            return (null, [work - ((column - unit) * row), state[1].Minimum(pivot)]);
        });
        return (end[0], end[1]);
    }
}
