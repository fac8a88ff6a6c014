namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>
/// A barrier of the dual of the exponential cone, {(u, v, w): u &lt; 0, −u exp(v / u − 1) ≤ w}: f*(z) = −log ψ − log(−z₁) − log z₃ with ψ = z₂ − z₁ − z₁ log(−z₃ / z₁)
/// (Serrano, 2015, chapter 3), and the gradient of its conjugate f.
/// </summary>
internal static class ExponentialBarrier
{
    public const int Degree = 3;

    public static bool IsInterior(ReadOnlySpan<double> z) => z[0] < 0 && z[2] > 0 && Psi(z) > 0;

    public static bool IsPrimalInterior(ReadOnlySpan<double> s) => s[1] > 0 && s[2] > 0 && (s[1] * Math.Log(s[2] / s[1])) - s[0] > 0;

    public static void Gradient(ReadOnlySpan<double> z, Span<double> g)
    {
        double psi = Psi(z), slope = Math.Log(-z[2] / z[0]);
        g[0] = (slope / psi) - (1 / z[0]);
        g[1] = -1 / psi;
        g[2] = (z[0] / (z[2] * psi)) - (1 / z[2]);
    }

    /// <summary>∇²f*(z) as a sum of four dyads: with ψ given, nothing in them cancels.</summary>
    public static void HessianDyads(ReadOnlySpan<double> z, double psi, Span<double> dyads)
    {
        double slope = Math.Log(-z[2] / z[0]), root = 1 / Math.Sqrt(-z[0] * psi), ratio = -z[0] / z[2];
        ReadOnlySpan<double> entries = [-slope / psi, 1 / psi, ratio / psi, root, 0, ratio * root, 1 / z[0], 0, 0, 0, 0, 1 / z[2]];
        entries.CopyTo(dyads);
    }

    /// <summary>The determinant of a sum of four dyads: the squares of those of any three (Cauchy and Binet).</summary>
    public static double HessianDeterminant(ReadOnlySpan<double> dyads)
    {
        double sum = 0;
        for (int left = 0; left < 4; left++)
        {
            (int a, int b, int c) = (left > 0 ? 0 : 3, left > 1 ? 3 : 6, left > 2 ? 6 : 9);
            double determinant = SmallMatrix.Determinant(dyads.Slice(a, 3), dyads.Slice(b, 3), dyads.Slice(c, 3));
            sum += determinant * determinant;
        }

        return sum;
    }

    /// <summary>∇³f*(z)[p, q].</summary>
    public static void ThirdDerivative(ReadOnlySpan<double> z, ReadOnlySpan<double> p, ReadOnlySpan<double> q, Span<double> target)
    {
        double psi = Psi(z), z1 = z[0], z3 = z[2];
        ReadOnlySpan<double> d = [-Math.Log(-z3 / z1), 1, -z1 / z3];
        double h11 = 1 / z1, h13 = -1 / z3, h33 = z1 / (z3 * z3);
        ReadOnlySpan<double> hp = [(h11 * p[0]) + (h13 * p[2]), 0, (h13 * p[0]) + (h33 * p[2])];
        ReadOnlySpan<double> hq = [(h11 * q[0]) + (h13 * q[2]), 0, (h13 * q[0]) + (h33 * q[2])];
        double mixed = ((p[0] * q[2]) + (p[2] * q[0])) / (z3 * z3), both = p[2] * q[2] / (z3 * z3);
        ReadOnlySpan<double> third = [(-p[0] * q[0] / (z1 * z1)) + both, 0, mixed - (2 * z1 * both / z3)];
        double dp = DenseVector.Dot(d, p), dq = DenseVector.Dot(d, q), php = DenseVector.Dot(p, hq);
        for (int i = 0; i < 3; i++)
        {
            target[i] = (-third[i] / psi) + (((hp[i] * dq) + (hq[i] * dp) + (d[i] * php)) / (psi * psi)) - (2 * d[i] * dp * dq / (psi * psi * psi));
        }

        target[0] -= 2 * p[0] * q[0] / (z1 * z1 * z1);
        target[2] -= 2 * p[2] * q[2] / (z3 * z3 * z3);
    }

    /// <summary>The z with −∇f*(z) = s, which is −∇f(s): it follows from one number ω with ω + log ω = 1 − s₁ / s₂ − log(s₂ / s₃).</summary>
    public static void DualOf(ReadOnlySpan<double> s, Span<double> z)
    {
        double excess = -(s[0] / s[1]) - Math.Log(s[1] / s[2]);
        double less = Excess(excess), omega = 1 + less;
        z[0] = -1 / (less * s[1]);
        z[1] = (1 / s[1]) + (z[0] * (1 + Math.Log(omega * s[1] / s[2])));
        z[2] = omega / (less * s[2]);
    }

    public static double Psi(ReadOnlySpan<double> z) => z[1] - z[0] - (z[0] * Math.Log(-z[2] / z[0]));

    // ω − 1 for ω − 1 + log ω = the right-hand side, by Newton's method from below, where the left-hand side is concave.
    private static double Excess(double right)
    {
        double less = right > 2 ? Math.Max(right - Math.Log(right), 1) : right / 2;
        for (int i = 0; i < 60; i++)
        {
            double change = (right - less - Log1P(less)) / (1 + (1 / (1 + less)));
            less = Math.Max(less + change, less / 2);
            if (!(Math.Abs(change) > 1e-16 * Math.Abs(less)))
            {
                break;
            }
        }

        return less;
    }

    private static double Log1P(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * x / (sum - 1);
    }
}
