namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>
/// Eigenvalues and eigenvectors of a sum of few dyads vvᵀ in three dimensions, by rotating pairs of them until all are orthogonal (Hestenes, 1958). However different
/// their lengths, small eigenvalues stay accurate, which those of the sum's entries would not.
/// </summary>
internal static class RankOneSum
{
    private const int Order = 3;
    private const int MaximumSweeps = 30;

    /// <summary>Decomposes a sum.</summary>
    /// <param name="dyads">The vectors v, at least three, one after the other; become orthogonal, the longest first.</param>
    /// <param name="vectors">Receives the eigenvectors as rows.</param>
    /// <param name="values">Receives the eigenvalues.</param>
    /// <returns>Whether all eigenvalues are positive and finite.</returns>
    public static bool TryDecompose(Span<double> dyads, Span<double> vectors, Span<double> values)
    {
        int count = dyads.Length / Order;
        bool rotated = true;
        for (int sweep = 0; rotated && sweep < MaximumSweeps; sweep++)
        {
            rotated = false;
            for (int p = 0; p < count; p++)
            {
                for (int q = p + 1; q < count; q++)
                {
                    rotated |= Rotate(dyads.Slice(p * Order, Order), dyads.Slice(q * Order, Order));
                }
            }
        }

        for (int i = 0; i < Order; i++)
        {
            Span<double> dyad = dyads.Slice(i * Order, Order);
            values[i] = DenseVector.Dot(dyad, dyad);
            if (!(values[i] > 0) || !double.IsFinite(values[i]))
            {
                return false;
            }

            dyad.CopyTo(vectors[(i * Order)..]);
            DenseVector.Scale(vectors.Slice(i * Order, Order), 1 / Math.Sqrt(values[i]));
        }

        return true;
    }

    private static bool Rotate(Span<double> p, Span<double> q)
    {
        double pp = DenseVector.Dot(p, p), qq = DenseVector.Dot(q, q), pq = DenseVector.Dot(p, q);
        bool isOrdered = pp >= qq;
        if (isOrdered && !(Math.Abs(pq) > 1e-16 * Math.Sqrt(pp) * Math.Sqrt(qq)))
        {
            return false;
        }

        // The larger of the two rotations where the second is longer, so that lengths end in order.
        double theta = (pp - qq) / (2 * pq);
        double t = pq == 0 ? 0 : (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(1 + (theta * theta)));
        double cosine = 1 / Math.Sqrt(1 + (t * t)), sine = t * cosine;
        if (!isOrdered)
        {
            (cosine, sine) = (sine, -cosine);
        }

        for (int i = 0; i < Order; i++)
        {
            (p[i], q[i]) = ((cosine * p[i]) + (sine * q[i]), (cosine * q[i]) - (sine * p[i]));
        }

        return true;
    }
}
