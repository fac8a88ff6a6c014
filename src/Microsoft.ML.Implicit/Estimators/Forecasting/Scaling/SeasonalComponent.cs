namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Sums of harmonics of given periods, fitted to changes between observations, so that trends do not disturb the fit.</summary>
internal static class SeasonalComponent
{
    public const int Harmonics = 4;
    private const double Ridge = 1e-3;

    public static int CoefficientCount(int periods) => 2 * Harmonics * periods;

    /// <summary>Writes sine and cosine of every harmonic of every period.</summary>
    public static void Evaluate(double[] periods, double time, Span<double> harmonics)
    {
        int next = 0;
        foreach (double period in periods)
        {
            double phase = 2 * Math.PI * (time / period - Math.Floor(time / period));
            for (int k = 1; k <= Harmonics; k++)
            {
                (harmonics[next], harmonics[next + 1]) = Math.SinCos(k * phase);
                next += 2;
            }
        }
    }

    public static double Sum(double[] periods, double[] coefficients, double time)
    {
        if (periods.Length == 0)
        {
            return 0;
        }

        Span<double> harmonics = stackalloc double[coefficients.Length];
        Evaluate(periods, time, harmonics);
        double sum = 0;
        for (int i = 0; i < coefficients.Length; i++)
        {
            sum += coefficients[i] * harmonics[i];
        }

        return sum;
    }

    /// <summary>Least squares on pairs of neighbouring observations.</summary>
    public static double[] Fit(double[] periods, IEnumerable<(double Start, double End, double Change)> pairs)
    {
        int n = CoefficientCount(periods.Length);
        double[,] normal = new double[n, n];
        double[] right = new double[n];
        double[] start = new double[n];
        double[] end = new double[n];
        foreach ((double startTime, double endTime, double change) in pairs)
        {
            Evaluate(periods, startTime, start);
            Evaluate(periods, endTime, end);
            for (int i = 0; i < n; i++)
            {
                double difference = end[i] - start[i];
                right[i] += difference * change;
                for (int j = 0; j <= i; j++)
                {
                    normal[i, j] += difference * (end[j] - start[j]);
                }
            }
        }

        return SolveCholesky(normal, right);
    }

    private static double[] SolveCholesky(double[,] normal, double[] right)
    {
        int n = right.Length;
        double trace = 0;
        for (int i = 0; i < n; i++)
        {
            trace += normal[i, i];
        }

        if (trace == 0)
        {
            return new double[n];
        }

        for (int i = 0; i < n; i++)
        {
            normal[i, i] += Ridge * trace / n;
            for (int j = 0; j <= i; j++)
            {
                double sum = normal[i, j];
                for (int k = 0; k < j; k++)
                {
                    sum -= normal[i, k] * normal[j, k];
                }

                normal[i, j] = i == j ? Math.Sqrt(sum) : sum / normal[j, j];
            }
        }

        double[] x = [.. right];
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < i; k++)
            {
                x[i] -= normal[i, k] * x[k];
            }

            x[i] /= normal[i, i];
        }

        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++)
            {
                x[i] -= normal[k, i] * x[k];
            }

            x[i] /= normal[i, i];
        }

        return x;
    }
}
