using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Units of time, positions, velocities or momenta and controls, learned from the training series. Equations of motion keep their form in them: velocities have the unit of
/// positions over that of time, and the product of a position's and its momentum's unit is the same for all.
/// </summary>
/// <param name="Time">Unit of time: that in which positions move by about their standard deviation.</param>
/// <param name="Centers">Subtracted from positions.</param>
/// <param name="Positions">Units of positions.</param>
/// <param name="Rates">Units of velocities or momenta.</param>
/// <param name="Controls">Units of controls.</param>
/// <param name="Gap">Median time between observations.</param>
/// <param name="Horizon">Span of the longest training series.</param>
internal sealed record MechanicsScaling(double Time, double[] Centers, double[] Positions, double[] Rates, double[] Controls, double Gap, double Horizon)
{
    /// <summary>What can have been measured.</summary>
    public required MeasuredRanges Ranges { get; init; }

    /// <summary>Longest step of training's Runge-Kutta method of order 4, in units of time.</summary>
    public const double TrainingStep = 0.4;

    /// <summary>Longest step of a forecast's method of order 8.</summary>
    public const double ForecastStep = 0.25;

    private const double WindowUnits = 1.5;

    /// <summary>Observations in a window that tells what moves the system.</summary>
    public int UsualWindow => (int)Math.Clamp(1 + Math.Ceiling(WindowUnits * Time / Gap), 4, 16);

    /// <summary>Learns the units.</summary>
    /// <param name="series">Positions and then velocities or momenta; without these, positions alone. What cannot have been measured is missing.</param>
    /// <param name="architecture">Which is which.</param>
    /// <param name="ranges">What can have been measured.</param>
    public static MechanicsScaling Fit(IReadOnlyList<TimeSeries> series, MechanicsArchitecture architecture, MeasuredRanges ranges)
    {
        int n = architecture.Positions;
        (double Mean, double Deviation)[] moments = [.. Enumerable.Range(0, n).Select(v => Moments(series.SelectMany(s => s.Values[v])))];
        double[] centers = [.. Enumerable.Range(0, n).Select(v => architecture.Angles.Contains(v) ? 0 : moments[v].Mean)];
        double[] positions = [.. Enumerable.Range(0, n).Select(v => architecture.Angles.Contains(v) ? 1 : Unit(moments[v].Deviation))];
        if (architecture.CoordinatesPerBody is > 0 and var axes)
        {
            // What is a distance in the data's unit must be one in the model's.
            double[] origin = [.. Enumerable.Range(0, axes).Select(axis => Enumerable.Range(0, n).Where(v => v % axes == axis).Average(v => centers[v]))];
            centers = [.. Enumerable.Range(0, n).Select(v => origin[v % axes])];
            positions = [.. Enumerable.Repeat(Math.Sqrt(positions.Average(unit => unit * unit)), n)];
        }

        double[] gaps = [.. series.SelectMany(s => s.Times.Skip(1).Zip(s.Times, (next, time) => next - time)).Order()];
        double gap = gaps.Length == 0 ? 1 : gaps[gaps.Length / 2];
        double span = series.Max(s => s.Times[^1] - s.Times[0]);
        double speed = Math.Sqrt(Enumerable.Range(0, n).Average(v => MeanSquare(architecture.HasMomenta || series[0].Values.Length == n
            ? series.SelectMany(s => Speeds(s, v, architecture.Angles.Contains(v)))
            : series.SelectMany(s => s.Values[n + v].Select(value => (double)value))) / (positions[v] * positions[v])));
        double time = speed > 0 && double.IsFinite(1 / speed) ? 1 / speed : gap;
        double[] rates = [.. positions.Select(unit => unit / time)];
        if (architecture.HasMomenta)
        {
            double action = Math.Exp(Enumerable.Range(0, n).Average(v => Math.Log(positions[v] * Unit(Math.Sqrt(MeanSquare(series.SelectMany(s => s.Values[n + v].Select(value => (double)value))))))));
            rates = [.. positions.Select(unit => action / unit)];
        }

        double[] controls = [.. Enumerable.Range(0, architecture.Controls).Select(c => Unit(Math.Sqrt(MeanSquare(series.SelectMany(s => s.Covariates[c].Select(value => (double)value))))))];
        return new MechanicsScaling(time, centers, positions, rates, controls, gap, span > 0 ? span : gap) { Ranges = ranges };
    }

    /// <summary>A position, velocity or momentum in its unit.</summary>
    public double Scale(int variable, double value) =>
        variable < Positions.Length ? (value - Centers[variable]) / Positions[variable] : value / Rates[variable - Positions.Length];

    /// <summary>The opposite of <see cref="Scale"/>.</summary>
    public double Restore(int variable, double value) =>
        variable < Positions.Length ? Centers[variable] + (value * Positions[variable]) : value * Rates[variable - Positions.Length];

    /// <summary>The unit of a position, velocity or momentum.</summary>
    public double Unit(int variable) => variable < Positions.Length ? Positions[variable] : Rates[variable - Positions.Length];

    public void Write(DocumentWriter writer)
    {
        writer.Write("time", Time);
        writer.Write("centers", Centers);
        writer.Write("positions", Positions);
        writer.Write("rates", Rates);
        writer.Write("controls", Controls);
        writer.Write("gap", Gap);
        writer.Write("horizon", Horizon);
        Ranges.Write(writer);
    }

    /// <param name="reader">The file.</param>
    /// <param name="architecture">What is what.</param>
    /// <param name="variables">Variables that are observed.</param>
    /// <exception cref="FormatException">A unit is impossible.</exception>
    public static MechanicsScaling Read(DocumentReader reader, MechanicsArchitecture architecture, int variables)
    {
        var scaling = new MechanicsScaling(
            reader.Double("time"),
            Measurements.Checked(reader.Doubles("centers")),
            reader.Doubles("positions"),
            reader.Doubles("rates"),
            reader.Doubles("controls"),
            reader.Double("gap"),
            reader.Double("horizon"))
        {
            Ranges = MeasuredRanges.Read(reader, variables + architecture.Controls),
        };
        bool fits = scaling.Centers.Length == architecture.Positions && scaling.Positions.Length == architecture.Positions && scaling.Rates.Length == architecture.Positions && scaling.Controls.Length == architecture.Controls
            && Array.TrueForAll([scaling.Time, scaling.Gap, scaling.Horizon, .. scaling.Positions, .. scaling.Rates, .. scaling.Controls], unit => unit > 0 && double.IsFinite(unit));
        return fits ? scaling : throw new FormatException("The model file describes impossible units.");
    }

    private static (double Mean, double Deviation) Moments(IEnumerable<float> values)
    {
        double[] known = [.. values.Where(float.IsFinite).Select(value => (double)value)];
        double mean = known.Length == 0 ? 0 : known.Average();
        return (mean, known.Length == 0 ? 0 : Math.Sqrt(known.Average(value => (value - mean) * (value - mean))));
    }

    private static double MeanSquare(IEnumerable<double> values) => values.Where(double.IsFinite).Select(value => value * value).DefaultIfEmpty(0).Average();

    // Mean speeds between neighbouring observations.
    private static IEnumerable<double> Speeds(TimeSeries series, int variable, bool isAngle)
    {
        float[] values = series.Values[variable];
        for (int i = 1; i < values.Length; i++)
        {
            double change = values[i] - (double)values[i - 1];
            yield return (isAngle ? Math.IEEERemainder(change, 2 * Math.PI) : change) / (series.Times[i] - series.Times[i - 1]);
        }
    }

    private static double Unit(double value) => value > 0 && double.IsFinite(value) && double.IsFinite(1 / value) ? value : 1;
}
