namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Linear least squares with a slight ridge, by normal equations on scaled columns.</summary>
internal sealed class LeastSquares(int width)
{
    private const double Ridge = 1e-6;

    private readonly double[,] _normal = new double[width, width];
    private readonly double[] _right = new double[width];

    public void Add(double[] features, double value)
    {
        for (int i = 0; i < width; i++)
        {
            _right[i] += features[i] * value;
            for (int j = 0; j < width; j++)
            {
                _normal[i, j] += features[i] * features[j];
            }
        }
    }

    public double[] Solve()
    {
        double[] scale = [.. Enumerable.Range(0, width).Select(i => _normal[i, i] > 0 ? 1 / Math.Sqrt(_normal[i, i]) : 0)];
        double[,] matrix = new double[width, width];
        double[] x = new double[width];
        for (int i = 0; i < width; i++)
        {
            x[i] = _right[i] * scale[i];
            for (int j = 0; j < width; j++)
            {
                matrix[i, j] = (_normal[i, j] * scale[i] * scale[j]) + (i == j ? Ridge : 0);
            }
        }

        for (int i = 0; i < width; i++)
        {
            for (int k = i + 1; k < width; k++)
            {
                double factor = matrix[k, i] / matrix[i, i];
                for (int j = i; j < width; j++)
                {
                    matrix[k, j] -= factor * matrix[i, j];
                }

                x[k] -= factor * x[i];
            }
        }

        for (int i = width - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < width; k++)
            {
                x[i] -= matrix[i, k] * x[k];
            }

            x[i] /= matrix[i, i];
        }

        return [.. x.Zip(scale, (value, s) => value * s)];
    }
}
