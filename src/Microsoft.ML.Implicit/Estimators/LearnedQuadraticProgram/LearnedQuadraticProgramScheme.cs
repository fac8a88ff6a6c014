using Microsoft.ML.Implicit.Solvers.Quadratic;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What surrounds the trained numbers of a learned quadratic program: columns, given arguments, solver.</summary>
internal sealed record LearnedQuadraticProgramScheme(
    QuadraticTemplate Template,
    SolutionColumns Outputs,
    string? FeatureColumnName,
    IReadOnlyList<string>? VariableNames,
    UnsolvedRowHandling UnsolvedRows,
    double Tolerance,
    int MaximumIterations)
{
    public LearnedQuadraticProgramScheme(LearnedQuadraticProgramOptions options)
        : this(
            new QuadraticTemplate(options),
            CreateColumns(options),
            options.UsesFeatures ? options.FeatureColumnName : null,
            null,
            options.UnsolvedRows,
            options.Tolerance,
            options.MaximumIterations)
    {
    }

    public InteriorPointSolver CreateSolver() => QuadraticProgramSettings.CreateSolver(Tolerance, MaximumIterations);

    public void Write(BinaryWriter writer)
    {
        Template.Write(writer);
        Outputs.Write(writer);
        writer.Write(FeatureColumnName ?? string.Empty);
        writer.Write(VariableNames?.Count ?? 0);
        foreach (string name in VariableNames ?? [])
        {
            writer.Write(name);
        }

        writer.Write((byte)UnsolvedRows);
        writer.Write(Tolerance);
        writer.Write(MaximumIterations);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static LearnedQuadraticProgramScheme Read(BinaryReader reader)
    {
        QuadraticTemplate template = QuadraticTemplate.Read(reader);
        SolutionColumns outputs = SolutionColumns.Read(reader);
        string featureColumnName = reader.ReadString();
        int nameCount = reader.ReadInt32();
        var names = new List<string>();
        for (int i = 0; i < nameCount; i++)
        {
            names.Add(reader.ReadString());
        }

        var scheme = new LearnedQuadraticProgramScheme(
            template,
            outputs,
            featureColumnName.Length == 0 ? null : featureColumnName,
            nameCount == 0 ? null : names,
            (UnsolvedRowHandling)reader.ReadByte(),
            reader.ReadDouble(),
            reader.ReadInt32());
        return Enum.IsDefined(scheme.UnsolvedRows) && scheme.Tolerance is > 0 and < 1 && scheme.MaximumIterations > 0
            ? scheme
            : throw new FormatException("The model file describes an impossible solver.");
    }

    private static SolutionColumns CreateColumns(LearnedQuadraticProgramOptions options)
    {
        var columns = new SolutionColumns();
        columns.Add(SolutionPart.Solution, options.OutputColumnName);
        columns.Add(SolutionPart.Cost, options.CostColumnName);
        columns.Add(SolutionPart.Objective, options.ObjectiveColumnName);
        columns.Add(SolutionPart.Status, options.StatusColumnName);
        return columns;
    }
}
