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

    public void Write(BinaryWriter writer)
    {
        writer.Write((byte)UnsolvedRows);
        writer.Write(Tolerance);
        writer.Write(MaximumIterations);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static RowSolving Read(BinaryReader reader)
    {
        var solving = new RowSolving((UnsolvedRowHandling)reader.ReadByte(), reader.ReadDouble(), reader.ReadInt32());
        return Enum.IsDefined(solving.UnsolvedRows) && solving.Tolerance is > 0 and < 1 && solving.MaximumIterations > 0
            ? solving
            : throw new FormatException("The model file describes an impossible solver.");
    }
}
