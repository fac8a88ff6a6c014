namespace Microsoft.ML.Implicit.Modelling.Atoms;

/// <summary>
/// A factor F of a positive semidefinite matrix M = FᵀF, by a Cholesky factorisation with pivots, which leaves out what rounding makes of zero. Entries are judged beside those of their own variables,
/// so that the units of the variables do not matter.
/// </summary>
internal static class SquareRootFactor
{
    private const double Rounding = 1e-12;

    // Of the largest entry, for matrices that are products of others.
    private const double EntryRounding = 1e-15;

    /// <exception cref="ArgumentException">The matrix is not symmetric and positive semidefinite.</exception>
    public static double[,] Of(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        double largest = matrix.Cast<double>().Max(Math.Abs);
        double[] scales = [.. Enumerable.Range(0, n).Select(i => Math.Sqrt(Math.Max(matrix[i, i], 0)))];
        double[,] rest = new double[n, n], factor = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                Require(Math.Abs(matrix[i, j] - matrix[j, i]) <= Rounding * largest, "symmetric");
                rest[i, j] = (matrix[i, j] / 2) + (matrix[j, i] / 2);
            }
        }

        for (int step = 0; step < n; step++)
        {
            int pivot = Enumerable.Range(0, n).MaxBy(i => scales[i] > 0 ? rest[i, i] / scales[i] / scales[i] : 0);
            if (!(rest[pivot, pivot] > n * Rounding * scales[pivot] * scales[pivot]))
            {
                break;
            }

            double root = Math.Sqrt(rest[pivot, pivot]);
            double[] row = [.. Enumerable.Range(0, n).Select(i => rest[pivot, i] / root)];
            for (int i = 0; i < n; i++)
            {
                factor[step, i] = row[i];
                for (int j = 0; j < n; j++)
                {
                    rest[i, j] -= row[i] * row[j];
                }
            }

            // What rounding leaves of them would be entries of the factor.
            for (int i = 0; i < n; i++)
            {
                (rest[pivot, i], rest[i, pivot]) = (0, 0);
            }
        }

        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                Require(Math.Abs(rest[i, j]) <= n * ((100 * Rounding * scales[i] * scales[j]) + (EntryRounding * largest)), "positive semidefinite");
            }
        }

        return factor;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new ArgumentException($"The matrix of a quadratic form must be {what}.");
        }
    }
}
