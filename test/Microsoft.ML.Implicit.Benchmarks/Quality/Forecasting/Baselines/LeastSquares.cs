using MathNet.Numerics.LinearAlgebra;

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
        Matrix<double> matrix = Matrix<double>.Build.Dense(width, width, (i, j) => (_normal[i, j] * scale[i] * scale[j]) + (i == j ? Ridge : 0));
        Vector<double> right = Vector<double>.Build.Dense(width, i => _right[i] * scale[i]);
        return [.. matrix.Cholesky().Solve(right).Zip(scale, (value, s) => value * s)];
    }
}
