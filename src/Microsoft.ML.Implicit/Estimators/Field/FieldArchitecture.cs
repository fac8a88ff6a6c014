using System.Globalization;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about a field's equation before its parameters can be read.</summary>
/// <param name="Grid">Points, lengths and boundaries.</param>
/// <param name="Terms">Parts of known form.</param>
/// <param name="ClosureDerivatives">Highest derivative that the learned part sees; <see langword="null"/> where there is none.</param>
/// <param name="HiddenWidth">Hidden width of the learned part.</param>
/// <param name="Derivatives">How derivatives are computed.</param>
/// <param name="Solver">How fields are carried on in time.</param>
internal sealed record FieldArchitecture(FieldGrid Grid, IReadOnlyList<PhysicalTerm> Terms, int? ClosureDerivatives, int HiddenWidth, FieldDerivatives Derivatives, FieldSolver Solver)
{
    private const int MostPoints = 1 << 20;

    public FieldArchitecture(FieldOptions options)
        : this(options.Grid!, [.. options.Terms], options.LearnsClosure ? options.ClosureDerivatives : null, options.HiddenWidth, options.Derivatives, options.Solver)
    {
    }

    /// <summary>Points that each axis must have.</summary>
    public int FewestPoints => Derivatives switch
    {
        FieldDerivatives.SecondOrder => ClosureDerivatives > 2 ? 5 : 3,
        FieldDerivatives.FourthOrder => ClosureDerivatives > 2 ? 7 : 5,
        _ => 3,
    };

    private DerivativeScheme Scheme => Derivatives switch
    {
        FieldDerivatives.SecondOrder => DerivativeScheme.SecondOrder,
        FieldDerivatives.FourthOrder => DerivativeScheme.FourthOrder,
        _ => DerivativeScheme.Spectral,
    };

    public bool Equals(FieldArchitecture? other) => other is not null
        && Grid == other.Grid && Terms.SequenceEqual(other.Terms) && ClosureDerivatives == other.ClosureDerivatives
        && HiddenWidth == other.HiddenWidth && Derivatives == other.Derivatives && Solver == other.Solver;

    public override int GetHashCode() => HashCode.Combine(Grid, Terms.Count, ClosureDerivatives, HiddenWidth, Derivatives, Solver);

    /// <summary>The equation in the units of the model.</summary>
    public FieldDynamics CreateDynamics(FieldUnits units, Generator generator)
    {
        IEnumerable<FieldTerm> terms = Terms.Select(term => units.CreateTerm(term, Grid.Axes.Count));
        return new FieldDynamics(
            units.Scaled(Grid),
            Scheme,
            [.. ClosureDerivatives is { } highest ? terms.Append(new LocalClosure(components: 1, Grid.Axes.Count, highest, HiddenWidth, generator, units.LargestRate)) : terms]);
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("axes", (long)Grid.Axes.Count);
        for (int i = 0; i < Grid.Axes.Count; i++)
        {
            Write(writer.Section($"axis{i}"), Grid.Axes[i]);
        }

        writer.Write("terms", Terms.Select(term => term.Kind.ToString()));
        for (int i = 0; i < Terms.Count; i++)
        {
            writer.Write($"coefficients{i}", [.. Terms[i].Coefficients]);
        }

        writer.Write("closure_derivatives", ClosureDerivatives?.ToString(CultureInfo.InvariantCulture));
        writer.Write("hidden_width", HiddenWidth);
        writer.Write("derivatives", Derivatives);
        writer.Write("solver", Solver);
    }

    /// <exception cref="FormatException">The file describes no equation.</exception>
    public static FieldArchitecture Read(DocumentReader reader)
    {
        int axes = reader.Int32("axes");
        if (axes is < 1 or > 2)
        {
            throw Impossible();
        }

        var grid = new FieldGrid([.. Enumerable.Range(0, axes).Select(i => ReadAxis(reader.Section($"axis{i}")))]);
        PhysicalTerm[] terms = [.. reader.Enums<PhysicalTermKind>("terms").Select((kind, i) => new PhysicalTerm(kind, reader.Doubles($"coefficients{i}")))];
        var architecture = new FieldArchitecture(
            grid,
            terms,
            reader.OptionalText("closure_derivatives") is null ? null : reader.Int32("closure_derivatives"),
            reader.Int32("hidden_width"),
            reader.Enum<FieldDerivatives>("derivatives"),
            reader.Enum<FieldSolver>("solver"));
        int highest = grid.Axes.All(axis => axis.IsPeriodic) ? 4 : 2;
        return terms.All(term => term.Fits(axes))
            && (terms.Length > 0 || architecture.ClosureDerivatives is not null)
            && (architecture.ClosureDerivatives is not { } closure || (closure >= 0 && closure <= highest))
            && architecture.HiddenWidth is >= 1 and <= 1024
            && grid.Axes.All(axis => axis.Points >= architecture.FewestPoints)
            ? architecture
            : throw Impossible();
    }

    private static void Write(DocumentWriter writer, GridAxis axis)
    {
        writer.Write("points", axis.Points);
        writer.Write("length", axis.Length);
        writer.Write("is_periodic", axis.IsPeriodic);
        if (!axis.IsPeriodic)
        {
            writer.Write("slopes", [.. new[] { axis.Lower!, axis.Upper! }.Select(end => end.IsSlope.ToString())]);
            writer.Write("values", [axis.Lower!.Value, axis.Upper!.Value]);
        }
    }

    private static GridAxis ReadAxis(DocumentReader reader)
    {
        int points = reader.Int32("points");
        double length = reader.Double("length");
        if (points is < 3 or > MostPoints || !Measurements.IsUnit(length))
        {
            throw Impossible();
        }

        if (reader.Boolean("is_periodic"))
        {
            return GridAxis.Periodic(points, length);
        }

        string[] slopes = reader.Texts("slopes");
        double[] values = Measurements.Checked(reader.Doubles("values"));
        return slopes.Length == 2 && values.Length == 2
            ? GridAxis.Bounded(points, length, End(slopes[0], values[0]), End(slopes[1], values[1]))
            : throw Impossible();

        static BoundaryCondition End(string isSlope, double value) => isSlope == bool.TrueString ? BoundaryCondition.Neumann(value) : BoundaryCondition.Dirichlet(value);
    }

    private static FormatException Impossible() => new("The model file describes an impossible field.");
}
