namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The points in time that a forecast goes through from the last observation on: times to forecast at, changes of controls, and as many between as steps may be long.</summary>
internal sealed class MotionPath
{
    private readonly List<double> _points = [];
    private readonly int[] _places;

    /// <param name="motion">What is known.</param>
    /// <param name="times">Points in time to forecast at.</param>
    public MotionPath(Motion motion, double[] times)
    {
        Motion = motion;
        double last = motion.Series.Times[^1];
        _points.Add(last);
        double[] ahead = [.. times.Where(time => time > last).Distinct().Order()];
        foreach (double stop in ahead.Concat(ahead.Length == 0 ? [] : motion.Changes(last, ahead[^1])).Distinct().Order())
        {
            double from = _points[^1];
            double pieces = Math.Max(1, Math.Ceiling(motion.Length(from, stop) / MechanicsScaling.ForecastStep));
            for (double i = 1; i < pieces; i++)
            {
                _points.Add(from + (i / pieces * (stop - from)));
            }

            _points.Add(stop);
        }

        _places = [.. times.Select(time => time < last ? -1 : _points.BinarySearch(time))];
    }

    public Motion Motion { get; }

    public int Pieces => _points.Count - 1;

    /// <summary>For each time to forecast at its point; -1 for one before the last observation.</summary>
    public IReadOnlyList<int> Places => _places;

    public double Length(int piece) => piece < Pieces ? Motion.Length(_points[piece], _points[piece + 1]) : 0;

    public IEnumerable<double> Controls(int piece) => Motion.Controls(_points[Math.Min(piece, Pieces)], _points[Math.Min(piece + 1, Pieces)]);
}
