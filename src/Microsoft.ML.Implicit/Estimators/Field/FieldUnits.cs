using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The units that a field's equation is solved in: fields are counted from their mean in standard deviations, lengths in spacings of the finest axis and times
/// in usual distances of rows, so that neither the units of the data nor the size of the grid matter to training.
/// </summary>
/// <param name="Mean">Mean of all training values.</param>
/// <param name="Deviation">Their standard deviation.</param>
/// <param name="Length">Spacing of the finest axis.</param>
/// <param name="Time">Median time from a row to the next one of its series.</param>
/// <param name="LargestRate">Limit of the learned rate of change, in these units.</param>
internal sealed record FieldUnits(double Mean, double Deviation, double Length, double Time, double LargestRate)
{
    // Far above what was seen, so that it changes next to nothing there, and yet no forecast explodes.
    private const double RateMargin = 30;

    public static FieldUnits Of(FieldSet set, FieldGrid grid)
    {
        double[] values = [.. set.Runs.SelectMany(run => run.Fields).Select(field => field.Average(value => (double)value))];
        double mean = values.Average();
        double deviation = Math.Sqrt(set.Runs.SelectMany(run => run.Fields).Average(field => field.Average(value => (value - mean) * (value - mean))));
        double unit = Measurements.IsUnit(deviation) ? deviation : 1;
        double[] gaps = [.. set.Runs.SelectMany(run => run.Times.Zip(run.Times.Skip(1), (earlier, later) => later - earlier)).Order()];
        double time = gaps[gaps.Length / 2];
        double rate = set.Runs.Max(run => Enumerable.Range(1, run.Times.Length - 1).Max(i =>
            run.Fields[i].Zip(run.Fields[i - 1], (later, earlier) => Math.Abs(later - (double)earlier)).Max() / (run.Times[i] - run.Times[i - 1])));
        return new FieldUnits(mean, unit, grid.Axes.Min(axis => axis.Spacing), time, Math.Max(rate * time / unit, 1e-3) * RateMargin);
    }

    public FieldGrid Scaled(FieldGrid grid) => new([.. grid.Axes.Select(axis => axis.IsPeriodic
        ? GridAxis.Periodic(axis.Points, axis.Length / Length)
        : GridAxis.Bounded(axis.Points, axis.Length / Length, Scaled(axis.Lower!), Scaled(axis.Upper!)))]);

    /// <summary>A field in these units.</summary>
    public float Scaled(float value) => (float)((value - Mean) / Deviation);

    /// <summary>A field in the data's units.</summary>
    public float Unscaled(float value) => (float)((value * Deviation) + Mean);

    /// <summary>A term with coefficients in these units, on a grid of so many axes.</summary>
    public FieldTerm CreateTerm(PhysicalTerm term, int axes)
    {
        double[] given = [.. term.Coefficients.Select(coefficient => coefficient / Unit(term.Kind))];
        return term.Kind switch
        {
            PhysicalTermKind.Diffusion => new Diffusion(term.IsLearned ? 1 : given[0], term.IsLearned),
            PhysicalTermKind.Advection => new Advection(term.IsLearned ? new double[axes] : given, term.IsLearned),
            PhysicalTermKind.Convection => new Convection(term.IsLearned ? 0 : given[0], term.IsLearned, offset: Mean / Deviation),
            _ => new Reaction(term.IsLearned ? new double[PhysicalTerm.LearnedReactionCoefficients] : Shifted(term.Coefficients, Mean, Deviation, Time / Deviation), term.IsLearned),
        };
    }

    /// <summary>A term of known form as it was learned, with coefficients in the data's units.</summary>
    public PhysicalTerm? Describe(FieldTerm term) => term switch
    {
        Diffusion diffusion => new PhysicalTerm(PhysicalTermKind.Diffusion, diffusion.Coefficient * Unit(PhysicalTermKind.Diffusion)),
        Advection advection => new PhysicalTerm(PhysicalTermKind.Advection, [.. advection.Velocity.Select(velocity => velocity * Unit(PhysicalTermKind.Advection))]),
        Convection convection => new PhysicalTerm(PhysicalTermKind.Convection, convection.Coefficient * Unit(PhysicalTermKind.Convection)),
        Reaction reaction => new PhysicalTerm(PhysicalTermKind.Reaction, Shifted(reaction.Coefficients, -Mean / Deviation, 1 / Deviation, Deviation / Time)),
        _ => null,
    };

    public void Write(DocumentWriter writer)
    {
        writer.Write("mean", Mean);
        writer.Write("deviation", Deviation);
        writer.Write("length", Length);
        writer.Write("time", Time);
        writer.Write("largest_rate", LargestRate);
    }

    /// <exception cref="FormatException">A unit is none.</exception>
    public static FieldUnits Read(DocumentReader reader)
    {
        var units = new FieldUnits(reader.Double("mean"), reader.Double("deviation"), reader.Double("length"), reader.Double("time"), reader.Double("largest_rate"));
        return Measurements.IsMeasurement(units.Mean) && Array.TrueForAll([units.Deviation, units.Length, units.Time, units.LargestRate], Measurements.IsUnit)
            ? units
            : throw new FormatException("The model file describes impossible units of a field.");
    }

    private BoundaryCondition Scaled(BoundaryCondition condition) => condition.IsSlope
        ? BoundaryCondition.Neumann(condition.Value * Length / Deviation)
        : BoundaryCondition.Dirichlet((condition.Value - Mean) / Deviation);

    // One of these units of a coefficient in the data's.
    private double Unit(PhysicalTermKind kind) => kind switch
    {
        PhysicalTermKind.Diffusion => Length * Length / Time,
        PhysicalTermKind.Advection => Length / Time,
        PhysicalTermKind.Convection => Length / (Time * Deviation),
        _ => 1,
    };

    // The coefficients of factor · p(shift + scale x) for a polynomial p.
    private static double[] Shifted(IReadOnlyList<double> coefficients, double shift, double scale, double factor)
    {
        double[] result = [coefficients[^1]];
        for (int power = coefficients.Count - 2; power >= 0; power--)
        {
            double[] next = new double[result.Length + 1];
            for (int i = 0; i < result.Length; i++)
            {
                next[i] += result[i] * shift;
                next[i + 1] += result[i] * scale;
            }

            next[0] += coefficients[power];
            result = next;
        }

        return Array.ConvertAll(result, coefficient => coefficient * factor);
    }
}
