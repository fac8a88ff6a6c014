using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Conic;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Everything that <see cref="ConeProgramTransformer"/> does and saves.</summary>
/// <param name="Program">The program.</param>
/// <param name="ParameterColumnNames">A column for each parameter, or null for one that is predicted.</param>
/// <param name="Outputs">The columns written.</param>
/// <param name="OutputKind">Type of the numbers in them.</param>
/// <param name="UnsolvedRows">What happens to rows without a solution.</param>
/// <param name="Solver">Settings of the solver.</param>
internal sealed record ConeProgramModel(
    CompiledProgram Program, IReadOnlyList<string?> ParameterColumnNames, IReadOnlyList<ConeProgramColumn> Outputs, DataKind OutputKind, UnsolvedRowHandling UnsolvedRows, ConeOptions Solver)
{
    /// <summary>Makes a model of settings.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="learned">Names of the parameters that are predicted.</param>
    /// <param name="predictedColumnPrefix">What the names of their columns begin with, or null for none.</param>
    public static ConeProgramModel Create(ConeProgramSettings options, IReadOnlyList<string> learned, string? predictedColumnPrefix)
    {
        CompiledProgram program = options.Program!.Compiled;
        string[] predicted = predictedColumnPrefix is null ? [] : [.. program.Parameters.Where(part => learned.Contains(part.Name)).Select(part => predictedColumnPrefix + part.Name)];
        string?[] columns = [.. program.Parameters.Select(part => learned.Contains(part.Name) ? null : options.ColumnOf(part))];
        return new ConeProgramModel(
            program,
            columns,
            Columns(program, columns, [.. program.Variables.Concat(program.Multipliers).Select(options.ColumnOf)], predicted, options.ObjectiveColumnName, options.StatusColumnName, options.OutputKind),
            options.OutputKind,
            options.UnsolvedRows,
            SolverOf(options.Method, options.Tolerance, options.MaximumIterations));
    }

    /// <summary>The parameters that are read, and their columns.</summary>
    public IEnumerable<(ProgramPart Part, string Column)> Given => Program.Parameters.Zip(ParameterColumnNames).Where(pair => pair.Second is not null).Select(pair => (pair.First, pair.Second!));

    /// <summary>The parameters that are predicted.</summary>
    public IEnumerable<ProgramPart> Learned => Program.Parameters.Zip(ParameterColumnNames).Where(pair => pair.Second is null).Select(pair => pair.First);

    /// <summary>Checks the input columns.</summary>
    /// <exception cref="ArgumentException">One is missing, or has another type or size than its parameter.</exception>
    public void CheckColumns(DataViewSchema schema)
    {
        foreach ((ProgramPart part, string name) in Given)
        {
            CheckColumn(schema, part, name);
        }
    }

    /// <inheritdoc cref="CheckColumns"/>
    public static void CheckColumn(DataViewSchema schema, ProgramPart part, string name)
    {
        DataViewSchema.Column column = schema.GetColumnOrNull(name) ?? throw new ArgumentException($"The data has no column '{name}', which '{part.Name}' of the program is read from.", nameof(schema));
        if (NumberColumns.Length(column.Type) != part.Size)
        {
            throw new ArgumentException($"Column '{name}' holds {column.Type}; '{part.Name}' of the program needs {part.Size} numbers of Single or Double.", nameof(schema));
        }
    }

    public void Write(DocumentWriter writer)
    {
        CompiledProgramDocument.Write(writer.Section("program"), Program);
        writer.Write("input_columns", ParameterColumnNames.Select(name => name ?? ""));
        writer.Write("value_columns", Outputs.Where(column => column.Kind is ConeProgramColumnKind.Variable or ConeProgramColumnKind.Multipliers).Select(column => column.Name));
        writer.Write("predicted_columns", Outputs.Where(column => column.Kind == ConeProgramColumnKind.Parameter).Select(column => column.Name));
        writer.Write("objective_column", Outputs.FirstOrDefault(column => column.Kind == ConeProgramColumnKind.Objective)?.Name);
        writer.Write("status_column", Outputs.FirstOrDefault(column => column.Kind == ConeProgramColumnKind.Status)?.Name);
        writer.Write("output_kind", OutputKind);
        writer.Write("unsolved_rows", UnsolvedRows);
        writer.Write("method", Solver.Method);
        writer.Write("tolerance", Solver.Tolerance);
        writer.Write("maximum_iterations", Solver.IterationLimit);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static ConeProgramModel Read(DocumentReader reader)
    {
        CompiledProgram program = CompiledProgramDocument.Read(reader.Section("program"));
        string?[] inputs = Array.ConvertAll(reader.Texts("input_columns"), name => name.Length == 0 ? null : name);
        string[] values = reader.Texts("value_columns"), predicted = reader.OptionalTexts("predicted_columns") ?? [];
        DataKind kind = OutputNumbers.Read(reader);
        (double tolerance, int iterations) = (reader.Double("tolerance"), reader.Int32("maximum_iterations"));
        return OutputNumbers.CanBe(kind) && inputs.Length == program.Parameters.Count && values.Length == program.Variables.Count + program.Multipliers.Count && (predicted.Length == 0 || predicted.Length == inputs.Count(name => name is null)) && tolerance is > 0 and < 1 && iterations > 0
            ? new ConeProgramModel(
                program,
                inputs,
                Columns(program, inputs, values, predicted, reader.OptionalText("objective_column"), reader.OptionalText("status_column"), kind),
                kind,
                reader.Enum<UnsolvedRowHandling>("unsolved_rows"),
                SolverOf(reader.OptionalText("method") is null ? ConeMethod.InteriorPoint : reader.Enum<ConeMethod>("method"), tolerance, iterations))
            : throw new FormatException("The model file describes an impossible cone program.");
    }

    private static IReadOnlyList<ConeProgramColumn> Columns(
        CompiledProgram program, IReadOnlyList<string?> parameters, IReadOnlyList<string> names, IReadOnlyList<string> predicted, string? objective, string? status, DataKind kind)
    {
        NumberDataViewType number = OutputNumbers.TypeOf(kind);
        List<ConeProgramColumn> columns =
        [
            .. program.Variables.Select((part, i) => new ConeProgramColumn(ConeProgramColumnKind.Variable, names[i], part, number)),
            .. program.Multipliers.Select((part, i) => new ConeProgramColumn(ConeProgramColumnKind.Multipliers, names[program.Variables.Count + i], part, number)),
            .. predicted.Zip(program.Parameters.Where((_, i) => parameters[i] is null)).Select(pair => new ConeProgramColumn(ConeProgramColumnKind.Parameter, pair.First, pair.Second, number)),
        ];
        if (objective is not null)
        {
            columns.Add(new ConeProgramColumn(ConeProgramColumnKind.Objective, objective, null, number));
        }

        if (status is not null)
        {
            columns.Add(new ConeProgramColumn(ConeProgramColumnKind.Status, status, null, number));
        }

        return columns;
    }

    // The solver's defaults stand in this ratio as well.
    private static ConeOptions SolverOf(ConeMethod method, double tolerance, int? iterations) =>
        new() { Method = method, Tolerance = tolerance, AcceptableTolerance = tolerance * 1e3, MaximumIterations = iterations };
}
