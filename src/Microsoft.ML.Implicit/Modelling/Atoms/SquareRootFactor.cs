namespace Microsoft.ML.Implicit.Modelling.Atoms;

/// <summary>A factor F of a positive semidefinite matrix M = FᵀF, by a Cholesky factorisation with pivots, which leaves out what rounding makes of zero.</summary>
internal static class SquareRootFactor
{
    private const double Rounding = 1e-12;

    /// <exception cref="ArgumentException">The matrix is not symmetric and positive semidefinite.</exception>
    public static double[,] Of(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        double[,] rest = (double[,])matrix.Clone(), factor = new double[n, n];
        double largest = rest.Cast<double>().Max(Math.Abs);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < i; j++)
            {
                Require(Math.Abs(rest[i, j] - rest[j, i]) <= Rounding * largest, "symmetric");
            }
        }

        for (int step = 0; step < n; step++)
        {
            int pivot = Enumerable.Range(0, n).MaxBy(i => rest[i, i]);
            if (!(rest[pivot, pivot] > n * Rounding * largest))
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
        }

        Require(rest.Cast<double>().All(value => Math.Abs(value) <= 100 * n * Rounding * largest), "positive semidefinite");
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
