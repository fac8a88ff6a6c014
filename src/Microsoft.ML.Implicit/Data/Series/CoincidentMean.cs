namespace Microsoft.ML.Implicit.Data;

/// <summary>
/// A variable's value at one time: the mean of all values observed then, NaN without any. So an observation that is sent twice is
/// that observation, and observations of different variables at one time are a single one.
/// </summary>
internal struct CoincidentMean
{
    private double _sum;
    private double _count;

    public readonly float Value => (float)(_sum / _count);

    /// <param name="value">A value; one that is not finite was not observed.</param>
    public void Add(float value)
    {
        if (float.IsFinite(value))
        {
            _sum += value;
            _count++;
        }
    }

    public readonly double[] ToNumbers() => [_sum, _count];

    public void Restore(ReadOnlySpan<double> numbers) => (_sum, _count) = (numbers[0], numbers[1]);
}
