using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>The approximation of Broyden, Fletcher, Goldfarb and Shanno as a matrix (Nocedal and Wright 2006, equation 6.17).</summary>
internal sealed class DenseInverse(int width) : IInverseHessian
{
    private readonly double[] _matrix = new double[width * width];
    private readonly double[] _product = new double[width];
    private bool _isFirst;

    public void Reset(ReadOnlySpan<double> scales, double factor)
    {
        Array.Clear(_matrix);
        for (int j = 0; j < width; j++)
        {
            _matrix[(j * width) + j] = factor * scales[j];
        }

        _isFirst = true;
    }

    public void Update(ReadOnlySpan<double> change, ReadOnlySpan<double> gradientChange)
    {
        double curvature = TensorPrimitives.Dot(change, gradientChange);
        Apply(gradientChange, _product);
        double quadratic = TensorPrimitives.Dot(gradientChange, _product);
        if (!(curvature > 0) || !(quadratic > 0) || !double.IsFinite(curvature / quadratic))
        {
            return;
        }

        if (_isFirst)
        {
            double factor = curvature / quadratic;
            TensorPrimitives.Multiply(_matrix, factor, _matrix);
            TensorPrimitives.Multiply(_product, factor, _product);
            quadratic *= factor;
            _isFirst = false;
        }

        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
            {
                _matrix[(i * width) + j] += ((1 + (quadratic / curvature)) * change[i] * change[j] / curvature)
                    - (((_product[i] * change[j]) + (change[i] * _product[j])) / curvature);
            }
        }
    }

    public void Apply(ReadOnlySpan<double> vector, Span<double> result)
    {
        for (int i = 0; i < width; i++)
        {
            result[i] = TensorPrimitives.Dot(_matrix.AsSpan(i * width, width), vector);
        }
    }
}
