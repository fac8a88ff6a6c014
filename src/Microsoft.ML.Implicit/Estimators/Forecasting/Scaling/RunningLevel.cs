namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Mean of a variable's past values, older ones counting less.</summary>
/// <param name="memory">Time after which a value counts 1/e.</param>
internal sealed class RunningLevel(double memory)
{
    private double _time = double.NaN;
    private double _sum;
    private double _weight;

    /// <summary>The mean, or <see langword="null"/> before the first value.</summary>
    public double? Mean => _weight > 0 ? _sum / _weight : null;

    public void Add(double time, double value)
    {
        double decay = double.IsNaN(_time) ? 0 : Math.Exp((_time - time) / memory);
        _sum = (_sum * decay) + value;
        _weight = (_weight * decay) + 1;
        _time = time;
    }

    public double[] ToNumbers() => [_time, _sum, _weight];

    public void Restore(ReadOnlySpan<double> numbers) => (_time, _sum, _weight) = (numbers[0], numbers[1], numbers[2]);
}
