using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>The approximation of Broyden, Fletcher, Goldfarb and Shanno from the last steps (Nocedal and Wright 2006, algorithm 7.4).</summary>
internal sealed class LimitedMemoryInverse(int width, int memory) : IInverseHessian
{
    private readonly Queue<(double[] Change, double[] GradientChange, double Product)> _pairs = new();
    private readonly double[] _scales = new double[width];
    private double _factor = 1;

    public void Reset(ReadOnlySpan<double> scales, double factor)
    {
        scales.CopyTo(_scales);
        _factor = factor;
        _pairs.Clear();
    }

    public void Update(ReadOnlySpan<double> change, ReadOnlySpan<double> gradientChange)
    {
        double product = TensorPrimitives.Dot(change, gradientChange), weighted = 0;
        for (int j = 0; j < width; j++)
        {
            weighted += gradientChange[j] * _scales[j] * gradientChange[j];
        }

        if (!(product > 0) || !double.IsFinite(product / weighted))
        {
            return;
        }

        _factor = product / weighted;
        _pairs.Enqueue((change.ToArray(), gradientChange.ToArray(), product));
        if (_pairs.Count > memory)
        {
            _pairs.Dequeue();
        }
    }

    public void Apply(ReadOnlySpan<double> vector, Span<double> result)
    {
        vector.CopyTo(result);
        var weights = new Stack<double>(_pairs.Count);
        foreach ((double[] change, double[] gradientChange, double product) in _pairs.Reverse())
        {
            double weight = TensorPrimitives.Dot<double>(change, result) / product;
            TensorPrimitives.MultiplyAdd(gradientChange, -weight, result, result);
            weights.Push(weight);
        }

        for (int j = 0; j < width; j++)
        {
            result[j] *= _factor * _scales[j];
        }

        foreach ((double[] change, double[] gradientChange, double product) in _pairs)
        {
            double correction = weights.Pop() - (TensorPrimitives.Dot<double>(gradientChange, result) / product);
            TensorPrimitives.MultiplyAdd(change, correction, result, result);
        }
    }
}
