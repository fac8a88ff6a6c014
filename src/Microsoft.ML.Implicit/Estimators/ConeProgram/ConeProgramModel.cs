using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Conic;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Everything that <see cref="ConeProgramTransformer"/> does and saves.</summary>
/// <param name="Program">The program.</param>
/// <param name="InputColumnNames">A column for each parameter.</param>
/// <param name="Outputs">The columns written.</param>
/// <param name="UnsolvedRows">What happens to rows without a solution.</param>
/// <param name="Solver">Settings of the solver.</param>
internal sealed record ConeProgramModel(
    CompiledProgram Program, IReadOnlyList<string> InputColumnNames, IReadOnlyList<ConeProgramColumn> Outputs, UnsolvedRowHandling UnsolvedRows, ConeOptions Solver)
{
    public static ConeProgramModel Create(ConeProgramOptions options)
    {
        CompiledProgram program = options.Program!.Compiled;
        return new ConeProgramModel(
            program,
            [.. program.Parameters.Select(options.ColumnOf)],
            Columns(program, [.. program.Variables.Concat(program.Multipliers).Select(options.ColumnOf)], options.ObjectiveColumnName, options.StatusColumnName),
            options.UnsolvedRows,
            SolverOf(options.Tolerance, options.MaximumIterations));
    }

    /// <summary>Checks the input columns.</summary>
    /// <exception cref="ArgumentException">One is missing, or has another type or size than its parameter.</exception>
    public void CheckColumns(DataViewSchema schema)
    {
        foreach ((ProgramPart part, string name) in Program.Parameters.Zip(InputColumnNames))
        {
            DataViewSchema.Column column = schema.GetColumnOrNull(name) ?? throw new ArgumentException($"The data has no column '{name}', which the parameter '{part.Name}' is read from.", nameof(schema));
            if (NumberColumns.Length(column.Type) != part.Size)
            {
                throw new ArgumentException($"Column '{name}' holds {column.Type}; the parameter '{part.Name}' needs {part.Size} numbers of Single or Double.", nameof(schema));
            }
        }
    }

    public void Write(DocumentWriter writer)
    {
        CompiledProgramDocument.Write(writer.Section("program"), Program);
        writer.Write("input_columns", InputColumnNames);
        writer.Write("value_columns", Outputs.Where(column => column.Part is not null).Select(column => column.Name));
        writer.Write("objective_column", Outputs.FirstOrDefault(column => column.Kind == ConeProgramColumnKind.Objective)?.Name);
        writer.Write("status_column", Outputs.FirstOrDefault(column => column.Kind == ConeProgramColumnKind.Status)?.Name);
        writer.Write("unsolved_rows", UnsolvedRows);
        writer.Write("tolerance", Solver.Tolerance);
        writer.Write("maximum_iterations", Solver.MaximumIterations);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static ConeProgramModel Read(DocumentReader reader)
    {
        CompiledProgram program = CompiledProgramDocument.Read(reader.Section("program"));
        string[] inputs = reader.Texts("input_columns"), values = reader.Texts("value_columns");
        (double tolerance, int iterations) = (reader.Double("tolerance"), reader.Int32("maximum_iterations"));
        return inputs.Length == program.Parameters.Count && values.Length == program.Variables.Count + program.Multipliers.Count && tolerance is > 0 and < 1 && iterations > 0
            ? new ConeProgramModel(
                program,
                inputs,
                Columns(program, values, reader.OptionalText("objective_column"), reader.OptionalText("status_column")),
                reader.Enum<UnsolvedRowHandling>("unsolved_rows"),
                SolverOf(tolerance, iterations))
            : throw new FormatException("The model file describes an impossible cone program.");
    }

    private static IReadOnlyList<ConeProgramColumn> Columns(CompiledProgram program, IReadOnlyList<string> names, string? objective, string? status)
    {
        List<ConeProgramColumn> columns =
        [
            .. program.Variables.Select((part, i) => new ConeProgramColumn(ConeProgramColumnKind.Variable, names[i], part)),
            .. program.Multipliers.Select((part, i) => new ConeProgramColumn(ConeProgramColumnKind.Multipliers, names[program.Variables.Count + i], part)),
        ];
        if (objective is not null)
        {
            columns.Add(new ConeProgramColumn(ConeProgramColumnKind.Objective, objective, null));
        }

        if (status is not null)
        {
            columns.Add(new ConeProgramColumn(ConeProgramColumnKind.Status, status, null));
        }

        return columns;
    }

    // The solver's defaults stand in this ratio as well.
    private static ConeOptions SolverOf(double tolerance, int iterations) => new() { Tolerance = tolerance, AcceptableTolerance = tolerance * 1e3, MaximumIterations = iterations };
}
