using Microsoft.ML.Implicit.Solvers.Quadratic;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What surrounds the trained numbers of a learned quadratic program: columns, given arguments, solver.</summary>
internal sealed record LearnedQuadraticProgramScheme(
    QuadraticTemplate Template,
    SolutionColumns Outputs,
    string? FeatureColumnName,
    IReadOnlyList<string>? VariableNames,
    RowSolving Solving)
{
    public LearnedQuadraticProgramScheme(LearnedQuadraticProgramOptions options)
        : this(
            new QuadraticTemplate(options),
            CreateColumns(options),
            options.UsesFeatures ? options.FeatureColumnName : null,
            null,
            new RowSolving(options))
    {
    }

    /// <summary>Names of the variables, from the label column of the training data, and of constraints, from this schema's columns.</summary>
    public QuadraticNames NamesIn(DataViewSchema schema) => Template.NamesIn(schema) with { Variables = VariableNames };

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

        Solving.Write(writer);
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

        return new LearnedQuadraticProgramScheme(
            template, outputs, featureColumnName.Length == 0 ? null : featureColumnName, nameCount == 0 ? null : names, RowSolving.Read(reader));
    }

    private static SolutionColumns CreateColumns(LearnedQuadraticProgramOptions options)
    {
        var columns = new SolutionColumns();
        columns.Add(SolutionPart.Solution, options.OutputColumnName);
        columns.Add(SolutionPart.Cost, options.PredictedCostColumnName);
        columns.Add(SolutionPart.Objective, options.ObjectiveColumnName);
        columns.Add(SolutionPart.Status, options.StatusColumnName);
        return columns;
    }
}
