using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Quadratic;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How a transformer solves its rows.</summary>
internal sealed record RowSolving(UnsolvedRowHandling UnsolvedRows, double Tolerance, int MaximumIterations)
{
    public RowSolving(QuadraticProgramSettings settings)
        : this(settings.UnsolvedRows, settings.Tolerance, settings.MaximumIterations)
    {
    }

    // The solver's defaults stand in these ratios as well.
    public InteriorPointSolver CreateSolver() => new(new InteriorPointOptions
    {
        Tolerance = Tolerance,
        GapTolerance = Tolerance * 1e-2,
        AcceptableTolerance = Tolerance * 1e2,
        MaximumIterations = MaximumIterations,
    });

    public void Write(DocumentWriter writer)
    {
        writer.Write("unsolved_rows", UnsolvedRows);
        writer.Write("tolerance", Tolerance);
        writer.Write("maximum_iterations", MaximumIterations);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static RowSolving Read(DocumentReader reader)
    {
        var solving = new RowSolving(reader.Enum<UnsolvedRowHandling>("unsolved_rows"), reader.Double("tolerance"), reader.Int32("maximum_iterations"));
        return solving.Tolerance is > 0 and < 1 && solving.MaximumIterations > 0
            ? solving
            : throw new FormatException("The model file describes an impossible solver.");
    }
}
