using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Everything that <see cref="QuadraticProgramTransformer"/> does and saves.</summary>
internal sealed record QuadraticProgramModel(QuadraticTemplate Template, SolutionColumns Outputs, RowSolving Solving)
{
    public QuadraticProgramModel(QuadraticProgramOptions options)
        : this(new QuadraticTemplate(options), CreateColumns(options), new RowSolving(options))
    {
    }

    /// <summary>Where programs are solved; not saved.</summary>
    public Device Device { get; set; } = CPU;

    public void Write(DocumentWriter writer)
    {
        Template.Write(writer.Section("program"));
        Outputs.Write(writer.Section("output"));
        Solving.Write(writer.Section("solving"));
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static QuadraticProgramModel Read(DocumentReader reader) =>
        new(QuadraticTemplate.Read(reader.Section("program")), SolutionColumns.Read(reader.Section("output")), RowSolving.Read(reader.Section("solving")));

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
