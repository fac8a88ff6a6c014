using System.Numerics.Tensors;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Anomalies;

/// <summary>
/// The one-class support vector machine with Gaussian kernels and ν = 1/2 (Schölkopf et al., Estimating the support of a high-dimensional
/// distribution, 2001), solved two weights at a time, those that violate optimality most (Keerthi et al., 2001).
/// </summary>
internal static class OneClassMachine
{
    private const double Nu = 0.5;
    private const double Tolerance = 1e-3;

    public static double[] Score(double[][] train, double[][] test)
    {
        int n = train.Length;

        // Columns have deviation 1, so that this is one over the columns times their variance.
        double gamma = 1.0 / train[0].Length;
        double[][] kernel = [.. train.Select(row => Kernels(row))];
        double[] weights = new double[n], gradient = new double[n];
        double limit = 1 / (Nu * n);
        int filled = (int)(Nu * n);
        for (int i = 0; i <= filled && i < n; i++)
        {
            weights[i] = i < filled ? limit : 1 - (filled * limit);
            TensorPrimitives.MultiplyAdd(kernel[i], weights[i], gradient, gradient);
        }

        while (true)
        {
            int up = -1, down = -1;
            for (int i = 0; i < n; i++)
            {
                up = weights[i] < limit && (up < 0 || gradient[i] < gradient[up]) ? i : up;
                down = weights[i] > 0 && (down < 0 || gradient[i] > gradient[down]) ? i : down;
            }

            // Weights sum to one: the gradient's scale is that of a mean kernel.
            if (up < 0 || down < 0 || gradient[down] - gradient[up] < Tolerance / n)
            {
                break;
            }

            double curvature = Math.Max(1e-12, kernel[up][up] + kernel[down][down] - (2 * kernel[up][down]));
            double step = Math.Min(Math.Min(limit - weights[up], weights[down]), (gradient[down] - gradient[up]) / curvature);
            weights[up] += step;
            weights[down] -= step;
            TensorPrimitives.MultiplyAdd(kernel[up], step, gradient, gradient);
            TensorPrimitives.MultiplyAdd(kernel[down], -step, gradient, gradient);
        }

        return [.. test.Select(row => -TensorPrimitives.Dot<double>(Kernels(row), weights))];

        double[] Kernels(double[] row) => [.. train.Select(other => Math.Exp(-gamma * TensorPrimitives.SumOfSquares<double>([.. row.Zip(other, (a, b) => a - b)])))];
    }
}
