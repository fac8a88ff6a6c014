namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>Eigenvalues and eigenvectors of small symmetric matrices by Jacobi's rotations, which keep small eigenvalues of definite ones accurate.</summary>
internal static class SymmetricEigen
{
    private const int MaximumSweeps = 30;

    /// <summary>Decomposes a matrix.</summary>
    /// <param name="matrix">Order × order, stored row by row; becomes diagonal.</param>
    /// <param name="vectors">Receives the eigenvectors as rows.</param>
    /// <param name="values">Receives the eigenvalues.</param>
    public static void Decompose(Span<double> matrix, Span<double> vectors, Span<double> values)
    {
        int n = values.Length;
        vectors.Clear();
        for (int i = 0; i < n; i++)
        {
            vectors[(i * n) + i] = 1;
        }

        bool rotated = true;
        for (int sweep = 0; rotated && sweep < MaximumSweeps; sweep++)
        {
            rotated = false;
            for (int p = 0; p < n; p++)
            {
                for (int q = p + 1; q < n; q++)
                {
                    rotated |= Rotate(matrix, vectors, n, p, q);
                }
            }
        }

        for (int i = 0; i < n; i++)
        {
            values[i] = matrix[(i * n) + i];
        }
    }

    private static bool Rotate(Span<double> a, Span<double> vectors, int n, int p, int q)
    {
        double app = a[(p * n) + p], aqq = a[(q * n) + q], apq = a[(p * n) + q];
        if (!(Math.Abs(apq) > 1e-17 * Math.Sqrt(Math.Abs(app * aqq))) || Math.Abs(apq) < 1e-300)
        {
            return false;
        }

        double theta = (aqq - app) / (2 * apq);
        double t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(1 + (theta * theta)));
        double cosine = 1 / Math.Sqrt(1 + (t * t)), sine = t * cosine;
        for (int k = 0; k < n; k++)
        {
            if (k != p && k != q)
            {
                double akp = a[(k * n) + p], akq = a[(k * n) + q];
                a[(k * n) + p] = a[(p * n) + k] = (cosine * akp) - (sine * akq);
                a[(k * n) + q] = a[(q * n) + k] = (sine * akp) + (cosine * akq);
            }

            double vp = vectors[(p * n) + k], vq = vectors[(q * n) + k];
            vectors[(p * n) + k] = (cosine * vp) - (sine * vq);
            vectors[(q * n) + k] = (sine * vp) + (cosine * vq);
        }

        a[(p * n) + p] = app - (t * apq);
        a[(q * n) + q] = aqq + (t * apq);
        a[(p * n) + q] = a[(q * n) + p] = 0;
        return true;
    }
}
