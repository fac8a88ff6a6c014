using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>A series, and a field of a run, whose times are told in a unit and from an origin of choice.</summary>
internal sealed class StampedRow
{
    [VectorType]
    public double[] Time { get; set; } = [];

    [VectorType]
    public float[] Level { get; set; } = [];

    [VectorType]
    public float[] Velocity { get; set; } = [];

    [VectorType]
    public double[] KnownTime { get; set; } = [];

    [VectorType]
    public float[] Known { get; set; } = [];

    public float Label { get; set; }

    [KeyType(2)]
    public uint Class { get; set; }

    public float Run { get; set; }

    public double Stamp { get; set; }

    [VectorType(8)]
    public float[] Field { get; set; } = [];

    /// <summary>The same rows for every origin and unit.</summary>
    /// <param name="origin">Where times are counted from.</param>
    /// <param name="unit">What one of the rows' own units of time is.</param>
    public static StampedRow[] Create(double origin, double unit)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, 30).Select(number => Draw(random, number, time => origin + (time * unit), (float)unit))];
    }

    // Times are sixteenths, which stay what they are beside any origin that is a whole number.
    private static StampedRow Draw(Random random, int number, Func<double, double> tell, float unit)
    {
        int steps = 0;
        double[] times = [.. Enumerable.Range(0, 8).Select(_ => (steps += random.Next(4, 28)) / 16.0)];
        double phase = random.NextDouble() * 6;
        (int run, int hour) = (number / 5, number % 5);
        return new StampedRow
        {
            Time = [.. times.Select(tell)],
            Level = [.. times.Select(time => (float)Math.Sin(time + phase))],
            Velocity = [.. times.Select(time => (float)Math.Cos(time + phase) / unit)],
            KnownTime = [.. Enumerable.Range(0, 6).Select(day => tell(day * 2))],
            Known = [.. Enumerable.Range(0, 6).Select(day => (float)Math.Sin(phase + day))],
            Label = (float)Math.Sin(phase),
            Class = (uint)(number % 2),
            Run = run,
            Stamp = tell(hour),
            Field = [.. Enumerable.Range(0, 8).Select(point => (float)(Math.Exp(-0.1 * hour) * Math.Sin((0.25 * Math.PI * (point - (0.6 * hour))) + (1.7 * run))))],
        };
    }
}
