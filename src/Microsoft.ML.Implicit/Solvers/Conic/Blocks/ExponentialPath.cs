namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>
/// The point of the central path of an exponential cone, s = −μ∇f*(z), with a given s − z. With l = log(−z₃ / z₁), s₁ = −l s₂ + μ / z₁, z₂ = μ / s₂ + z₁ (1 + l) and
/// s₃ = (μ − z₁s₂) / z₃, so that three logarithms are all there is to find, and nothing cancels however small μ is.
/// </summary>
internal static class ExponentialPath
{
    private const int MaximumIterations = 100;
    private const double LargestChange = 2;

    // What μ falls by where the path is followed.
    private const double Reduction = 1e-2;

    private static readonly double[] CentreOfBoth = CreateCentre();

    /// <summary>s and z of the path for μ = 1 and s − z = 0.</summary>
    public static ReadOnlySpan<double> Centre => CentreOfBoth;

    /// <summary>Moves a pair to the path, from where it is or, if that is no start, along the path from its centre; leaves it as near as it comes.</summary>
    public static void Move(Span<double> s, Span<double> z, double mu)
    {
        Span<double> difference = [s[0] - z[0], s[1] - z[1], s[2] - z[2]];
        if (TryMove(difference, s, z, mu))
        {
            return;
        }

        double size = Math.Max(1, DenseVector.MaximumMagnitude(difference));
        Centre.CopyTo(s);
        Centre.CopyTo(z);
        DenseVector.Scale(s, size);
        DenseVector.Scale(z, size);
        for (double next = Math.Max(size * size, mu); next > mu; next = Math.Max(next * Reduction, mu))
        {
            TryMove(difference, s, z, next);
        }

        TryMove(difference, s, z, mu);
    }

    // Leaves the pair where no such point is found.
    private static bool TryMove(ReadOnlySpan<double> difference, Span<double> s, Span<double> z, double mu)
    {
        Span<double> logs = [Math.Log(-z[0]), Math.Log(z[2]), Math.Log(s[1])];
        Span<double> trial = stackalloc double[3], residual = stackalloc double[3], step = stackalloc double[3], jacobian = stackalloc double[9];
        double scale = 1 + DenseVector.MaximumMagnitude(difference), norm = Residual(logs, difference, mu, residual);
        for (int i = 0; i < MaximumIterations && norm > 1e-16 * scale; i++)
        {
            Jacobian(logs, mu, jacobian);
            Solve(jacobian, residual, step);
            double length = Math.Min(1, LargestChange / DenseVector.MaximumMagnitude(step)), reached = norm;
            for (; length > 1e-8; length /= 2)
            {
                logs.CopyTo(trial);
                DenseVector.AddScaled(trial, -length, step);
                reached = Residual(trial, difference, mu, residual);
                if (reached < norm)
                {
                    break;
                }
            }

            if (!(reached < norm))
            {
                break;
            }

            trial.CopyTo(logs);
            norm = reached;
        }

        if (!(norm <= 1e-12 * scale))
        {
            return false;
        }

        double z1 = -Math.Exp(logs[0]), z3 = Math.Exp(logs[1]), s2 = Math.Exp(logs[2]), l = logs[1] - logs[0];
        (s[0], s[1], s[2]) = ((-l * s2) + (mu / z1), s2, (mu - (z1 * s2)) / z3);
        (z[0], z[1], z[2]) = (z1, (mu / s2) + (z1 * (1 + l)), z3);
        return true;
    }

    private static double[] CreateCentre()
    {
        double[] s = [-1, 1, 1], z = [-1, 1, 1];
        TryMove([0, 0, 0], s, z, 1);
        return z;
    }

    private static double Residual(ReadOnlySpan<double> logs, ReadOnlySpan<double> difference, double mu, Span<double> target)
    {
        double z1 = -Math.Exp(logs[0]), z3 = Math.Exp(logs[1]), s2 = Math.Exp(logs[2]), l = logs[1] - logs[0];
        target[0] = (-l * s2) + (mu / z1) - z1 - difference[0];
        target[1] = s2 - (mu / s2) - (z1 * (1 + l)) - difference[1];
        target[2] = ((mu - (z1 * s2)) / z3) - z3 - difference[2];
        double norm = Math.Sqrt(DenseVector.Dot(target, target));
        return double.IsFinite(norm) ? norm : double.PositiveInfinity;
    }

    private static void Jacobian(ReadOnlySpan<double> logs, double mu, Span<double> target)
    {
        double size = Math.Exp(logs[0]), z3 = Math.Exp(logs[1]), s2 = Math.Exp(logs[2]), l = logs[1] - logs[0], product = size * s2 / z3;
        ReadOnlySpan<double> entries =
        [
            s2 + (mu / size) + size, -s2, -l * s2,
            size * l, size, s2 + (mu / s2),
            product, -(mu / z3) - product - z3, product,
        ];
        entries.CopyTo(target);
    }

    // By Cramer's rule; a singular matrix gives what the line search refuses.
    private static void Solve(ReadOnlySpan<double> m, ReadOnlySpan<double> right, Span<double> x)
    {
        ReadOnlySpan<double> a = [m[0], m[3], m[6]], b = [m[1], m[4], m[7]], c = [m[2], m[5], m[8]];
        double determinant = SmallMatrix.Determinant(a, b, c);
        x[0] = SmallMatrix.Determinant(right, b, c) / determinant;
        x[1] = SmallMatrix.Determinant(a, right, c) / determinant;
        x[2] = SmallMatrix.Determinant(a, b, right) / determinant;
    }
}
