using System.Numerics.Tensors;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Sums of products for linear least squares.</summary>
internal sealed class NormalEquations(int width)
{
    /// <summary>
    /// Mean square of a regressor below which it is penalised as if it had that: one that hardly varied, such as by rounding alone, would otherwise
    /// get a coefficient that is anything.
    /// </summary>
    public const double LeastMeanSquare = 1e-4;

    // Keeps the factorization from breaking down by rounding.
    private const double Jitter = 1e-9;

    private readonly double[] _products = new double[width * width];
    private readonly double[] _right = new double[width];
    private double _square;
    private double _weight;

    public void Add(ReadOnlySpan<double> regressors, double value, double weight)
    {
        for (int i = 0; i < width; i++)
        {
            Span<double> row = _products.AsSpan(i * width, i + 1);
            TensorPrimitives.MultiplyAdd(regressors[..(i + 1)], weight * regressors[i], row, row);
        }

        TensorPrimitives.MultiplyAdd(regressors, weight * value, _right, _right);
        _square += weight * value * value;
        _weight += weight;
    }

    public static NormalEquations Sum(int width, IEnumerable<NormalEquations> parts)
    {
        var sum = new NormalEquations(width);
        foreach (NormalEquations part in parts)
        {
            TensorPrimitives.Add(sum._products, part._products, sum._products);
            TensorPrimitives.Add(sum._right, part._right, sum._right);
            sum._square += part._square;
            sum._weight += part._weight;
        }

        return sum;
    }

    /// <summary>The sum of squared errors of given coefficients.</summary>
    public double SquaredError(double[] coefficients)
    {
        double error = _square;
        for (int i = 0; i < width; i++)
        {
            double product = 0;
            for (int j = 0; j < i; j++)
            {
                product += 2 * _products[(i * width) + j] * coefficients[j];
            }

            error += coefficients[i] * (product + (_products[(i * width) + i] * coefficients[i]) - (2 * _right[i]));
        }

        return error;
    }

    /// <summary>The coefficients with the least sum of squared errors and of a penalty on each, a part of the squares of its regressor.</summary>
    /// <param name="penalty">The part.</param>
    /// <param name="relative">What multiplies it, for each regressor.</param>
    public double[] Solve(double penalty, double[] relative)
    {
        double[] scale = new double[width];
        if (_weight == 0)
        {
            return scale;
        }

        for (int i = 0; i < width; i++)
        {
            scale[i] = 1 / Math.Sqrt(_products[(i * width) + i] + (LeastMeanSquare * _weight));
        }

        double[] factor = new double[width * width];
        for (int i = 0; i < width; i++)
        {
            Span<double> row = factor.AsSpan(i * width, i + 1);
            for (int j = 0; j <= i; j++)
            {
                double sum = (_products[(i * width) + j] * scale[i] * scale[j]) + (i == j ? (penalty * relative[i]) + Jitter : 0)
                    - TensorPrimitives.Dot((ReadOnlySpan<double>)row[..j], factor.AsSpan(j * width, j));
                row[j] = i == j ? Math.Sqrt(Math.Max(sum, Jitter)) : sum / factor[(j * width) + j];
            }
        }

        double[] x = new double[width];
        for (int i = 0; i < width; i++)
        {
            x[i] = ((_right[i] * scale[i]) - TensorPrimitives.Dot((ReadOnlySpan<double>)factor.AsSpan(i * width, i), x.AsSpan(0, i))) / factor[(i * width) + i];
        }

        for (int i = width - 1; i >= 0; i--)
        {
            double sum = x[i];
            for (int k = i + 1; k < width; k++)
            {
                sum -= factor[(k * width) + i] * x[k];
            }

            x[i] = sum / factor[(i * width) + i];
        }

        TensorPrimitives.Multiply(x, scale, x);
        return x;
    }
}
