namespace Microsoft.ML.Implicit.Data;

/// <summary>A function of time that keeps each value until the next one; before the first value it has that.</summary>
internal sealed class StepFunction
{
    private readonly double[] _times;
    private readonly double[] _values;
    private readonly double[] _integrals;

    /// <param name="times">Strictly increasing times.</param>
    /// <param name="values">Value from each time on; a missing one repeats the value before it.</param>
    /// <param name="center">Subtracted from the values; stands for them where all are missing.</param>
    /// <param name="scale">Divides the values.</param>
    public StepFunction(double[] times, float[] values, double center, double scale)
    {
        _times = times;
        _values = new double[times.Length];
        _integrals = new double[times.Length];
        double last = values.Where(float.IsFinite).Select(value => (value - center) / scale).FirstOrDefault();
        for (int i = 0; i < times.Length; i++)
        {
            last = float.IsFinite(values[i]) ? (values[i] - center) / scale : last;
            _values[i] = last;
            _integrals[i] = i == 0 ? 0 : _integrals[i - 1] + (_values[i - 1] * (times[i] - times[i - 1]));
        }
    }

    public double At(double time) => _times.Length == 0 ? 0 : _values[Begun(Piece(time), time)];

    /// <summary>Mean over an interval; the value where the interval is empty.</summary>
    public double Mean(double start, double end) => end > start && _times.Length > 0 ? (Integral(end) - Integral(start)) / (end - start) : At(end);

    private double Integral(double time)
    {
        int piece = Piece(time);
        return _integrals[piece] + (_values[piece] * (time - _times[piece]));
    }

    // A sum such as of the last observation's time and a time ahead may be rounded to just before the time from which a value holds.
    private int Begun(int piece, double time) =>
        piece + 1 < _times.Length && _times[piece + 1] - time <= Durations.Tolerance * (_times[piece + 1] - _times[piece]) ? piece + 1 : piece;

    private int Piece(double time)
    {
        int index = Array.BinarySearch(_times, time);
        return Math.Max(0, index >= 0 ? index : ~index - 1);
    }
}
