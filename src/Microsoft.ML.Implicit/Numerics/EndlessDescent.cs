namespace Microsoft.ML.Implicit.Numerics;

/// <summary>
/// Tells a function that falls without end from one that approaches a limit, by points of a search: where it falls without end it falls by as much again each time the point is twice as far, as −log x does,
/// and where it approaches a limit by ever less.
/// </summary>
/// <param name="enough">How often the distance must have doubled since the first fall was seen.</param>
internal sealed class EndlessDescent(double enough)
{
    // Of the first fall.
    private const double AsMuchAgain = 0.25;

    private double _farthest;
    private double _value;
    private double _fall = double.NaN;
    private double _doublings;

    /// <summary>Whether the function falls without end, as far as its points tell.</summary>
    public bool Holds => _doublings >= enough;

    /// <summary>Forgets all points.</summary>
    public void Reset() => (_farthest, _value, _fall, _doublings) = (0, 0, double.NaN, 0);

    /// <summary>Takes a point; one that is not twice as far as those before tells nothing.</summary>
    /// <param name="distance">How far from the start it is.</param>
    /// <param name="value">The function there.</param>
    public void Add(double distance, double value)
    {
        if (!(distance >= 2 * _farthest))
        {
            return;
        }

        double doublings = Math.Log2(distance / _farthest), fall = (_value - value) / doublings;
        (_fall, _doublings) = fall >= AsMuchAgain * _fall ? (_fall, _doublings + doublings) : (fall > 0 ? fall : double.NaN, 0);
        (_farthest, _value) = (distance, value);
    }
}
