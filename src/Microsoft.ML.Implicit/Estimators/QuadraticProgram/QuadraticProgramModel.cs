using Microsoft.ML.Implicit.Solvers.Quadratic;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Everything that <see cref="QuadraticProgramTransformer"/> does and saves.</summary>
internal sealed record QuadraticProgramModel(QuadraticTemplate Template, SolutionColumns Outputs, UnsolvedRowHandling UnsolvedRows, double Tolerance, int MaximumIterations)
{
    public QuadraticProgramModel(QuadraticProgramOptions options)
        : this(new QuadraticTemplate(options), CreateColumns(options), options.UnsolvedRows, options.Tolerance, options.MaximumIterations)
    {
    }

    public InteriorPointSolver CreateSolver() => new(new InteriorPointOptions { Tolerance = Tolerance, MaximumIterations = MaximumIterations });

    /// <summary>The input column whose slots a part of the solution corresponds to.</summary>
    public string? NameSource(SolutionPart part) => part switch
    {
        SolutionPart.Multipliers => Template.Arguments[3]?.ColumnName,
        SolutionPart.EqualityMultipliers => Template.Arguments[5]?.ColumnName,
        _ => Template.Arguments[1]?.ColumnName,
    };

    public void Write(BinaryWriter writer)
    {
        Template.Write(writer);
        Outputs.Write(writer);
        writer.Write((byte)UnsolvedRows);
        writer.Write(Tolerance);
        writer.Write(MaximumIterations);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static QuadraticProgramModel Read(BinaryReader reader)
    {
        var model = new QuadraticProgramModel(
            QuadraticTemplate.Read(reader), SolutionColumns.Read(reader), (UnsolvedRowHandling)reader.ReadByte(), reader.ReadDouble(), reader.ReadInt32());
        return Enum.IsDefined(model.UnsolvedRows) && model.Tolerance is > 0 and < 1 && model.MaximumIterations > 0
            ? model
            : throw new FormatException("The model file describes an impossible solver.");
    }

    private static SolutionColumns CreateColumns(QuadraticProgramOptions options)
    {
        var columns = new SolutionColumns();
        columns.Add(SolutionPart.Solution, options.OutputColumnName);
        columns.Add(SolutionPart.Multipliers, options.MultipliersColumnName);
        columns.Add(SolutionPart.EqualityMultipliers, options.EqualityMultipliersColumnName);
        columns.Add(SolutionPart.LowerBoundMultipliers, options.LowerBoundMultipliersColumnName);
        columns.Add(SolutionPart.UpperBoundMultipliers, options.UpperBoundMultipliersColumnName);
        columns.Add(SolutionPart.Objective, options.ObjectiveColumnName);
        columns.Add(SolutionPart.Status, options.StatusColumnName);
        return columns;
    }
}
