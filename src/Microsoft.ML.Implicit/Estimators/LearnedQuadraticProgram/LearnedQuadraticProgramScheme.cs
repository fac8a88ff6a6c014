using Microsoft.ML.Implicit.Persistence;
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

    public void Write(DocumentWriter writer)
    {
        Template.Write(writer.Section("program"));
        Outputs.Write(writer.Section("output"));
        writer.Write("feature_column", FeatureColumnName);
        if (VariableNames is not null)
        {
            writer.Write("variable_names", VariableNames);
        }

        Solving.Write(writer.Section("solving"));
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static LearnedQuadraticProgramScheme Read(DocumentReader reader) => new(
        QuadraticTemplate.Read(reader.Section("program")),
        SolutionColumns.Read(reader.Section("output")),
        reader.OptionalText("feature_column"),
        reader.OptionalTexts("variable_names"),
        RowSolving.Read(reader.Section("solving")));

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
