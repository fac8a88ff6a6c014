using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Conic;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A compiled program in a model file.</summary>
internal static class CompiledProgramDocument
{
    // Places in a matrix are stored as one number.
    private const long MaximumPlaces = int.MaxValue;

    // Nearly every variable, slack and parameter stands in an entry of a map, which has sixteen bytes in the file; more than four of them for an entry are refused
    // before anything is allocated.
    private const long SmallestEntry = 4;

    public static void Write(DocumentWriter writer, CompiledProgram program)
    {
        writer.Write("columns", program.Columns);
        writer.Write("maximizes", program.Maximizes);
        writer.Write("cones", program.Cones.Select(cone => cone.Kind.ToString()));
        writer.Write("cone_sizes", [.. program.Cones.Select(cone => cone.Size)]);
        Write(writer.Section("variables"), program.Variables);
        Write(writer.Section("parameters"), program.Parameters);
        Write(writer.Section("multipliers"), program.Multipliers);
        Write(writer.Section("origins"), program.Origins);
        Write(writer.Section("p"), program.P);
        Write(writer.Section("q"), program.Q);
        Write(writer.Section("a"), program.A);
        Write(writer.Section("b"), program.B);
        Write(writer.Section("offset"), program.Offset);
        Write(writer.Section("objective"), program.Objective);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static CompiledProgram Read(DocumentReader reader)
    {
        int columns = reader.Int32("columns");
        ConeKind[] kinds = reader.Enums<ConeKind>("cones");
        int[] sizes = reader.Int32s("cone_sizes");
        Require(columns > 0 && kinds.Length == sizes.Length && Array.TrueForAll(sizes, size => size is >= 0 and < 1 << 28));
        Cone[] cones = [.. kinds.Zip(sizes, Create)];
        long rows = cones.Sum(cone => (long)cone.Dimension);
        Require(columns * Math.Max(rows, columns) <= MaximumPlaces);
        ProgramPart[] parameters = ReadParts(reader.Section("parameters"), int.MaxValue);
        long numbers = columns + cones.Sum(cone => (long)cone.Size) + parameters.Sum(part => (long)part.Size);
        Require(numbers * SmallestEntry <= reader.TensorBytes);
        int parameterCount = parameters.Sum(part => part.Size);
        return new CompiledProgram
        {
            Columns = columns,
            Maximizes = reader.Boolean("maximizes"),
            Cones = cones,
            Variables = ReadParts(reader.Section("variables"), columns),
            Parameters = parameters,
            Multipliers = ReadParts(reader.Section("multipliers"), (int)rows),
            Origins = reader.Section("origins").OptionalTexts("names") is null ? [] : ReadParts(reader.Section("origins"), (int)rows),
            P = reader.Section("p").OptionalTensor("entries") is null ? MatrixMap.Create(columns, columns, []) : ReadMap(reader.Section("p"), columns, columns, parameterCount),
            Q = ReadMap(reader.Section("q"), columns, parameterCount),
            A = ReadMap(reader.Section("a"), (int)rows, columns, parameterCount),
            B = ReadMap(reader.Section("b"), (int)rows, parameterCount),
            Offset = ReadMap(reader.Section("offset"), 1, parameterCount),
            Objective = ReadObjective(reader.Section("objective"), columns, parameterCount),
        };
    }

    private static Cone Create(ConeKind kind, int size)
    {
        Require(kind != ConeKind.Semidefinite || size < 1 << 14);
        return kind switch
        {
            ConeKind.Zero => Cone.Zero(size),
            ConeKind.Nonnegative => Cone.Nonnegative(size),
            ConeKind.SecondOrder => Cone.SecondOrder(size),
            ConeKind.Semidefinite => Cone.Semidefinite(size),
            _ => Cone.Exponential(size),
        };
    }

    private static void Write(DocumentWriter writer, IReadOnlyList<ProgramPart> parts)
    {
        writer.Write("names", parts.Select(part => part.Name));
        writer.Write("starts", [.. parts.Select(part => part.Start)]);
        writer.Write("rows", [.. parts.Select(part => part.Rows)]);
        writer.Write("columns", [.. parts.Select(part => part.Columns)]);
        writer.Write("signs", parts.Select(part => part.Sign.ToString()));
        writer.Write("symmetric", [.. parts.Select(part => part.IsSymmetric ? (byte)1 : (byte)0)]);
    }

    private static ProgramPart[] ReadParts(DocumentReader reader, int length)
    {
        string[] names = reader.Texts("names");
        int[] starts = reader.Int32s("starts"), rows = reader.Int32s("rows"), columns = reader.Int32s("columns");
        Sign[] signs = reader.OptionalTexts("signs") is null ? new Sign[names.Length] : reader.Enums<Sign>("signs");
        byte[] symmetric = reader.OptionalTensor("symmetric") is null ? new byte[names.Length] : reader.Bytes("symmetric");
        Require(starts.Length == names.Length && rows.Length == names.Length && columns.Length == names.Length && symmetric.Length == names.Length && signs.Length == names.Length);
        ProgramPart[] parts = [.. names.Select((name, i) => new ProgramPart(name, starts[i], rows[i], columns[i], symmetric[i] != 0, signs[i]))];
        Require(Array.TrueForAll(parts, part => part.Start >= 0 && part.Rows > 0 && part.Columns > 0 && (!part.IsSymmetric || part.Rows == part.Columns) && part.Start + part.StoredSize <= length));
        return parts;
    }

    private static void Write(DocumentWriter writer, MatrixMap map)
    {
        if ((long)map.Entries.Rows * map.Entries.Columns > MaximumPlaces)
        {
            throw new NotSupportedException($"A program with a matrix of {map.Entries.Rows} rows and {map.Entries.Columns} columns is too large to be saved.");
        }

        int[] places = [.. map.Entries.RowIndices().Zip(map.Entries.ColumnIndices, (row, column) => (int)((row * map.Entries.Columns) + column))];
        Write(writer, map.Values, Array.ConvertAll(map.Values.Entries, entry => places[entry]));
    }

    private static void Write(DocumentWriter writer, ParameterMap map) => Write(writer, map, map.Entries);

    private static void Write(DocumentWriter writer, ParameterMap map, int[] places)
    {
        writer.Write("entries", places);
        writer.Write("parameters", map.Parameters);
        writer.Write("values", map.Values);
    }

    private static void Write(DocumentWriter writer, WrittenObjective? objective)
    {
        if (objective is null)
        {
            return;
        }

        Write(writer.Section("costs"), objective.Costs);
        if (objective.Squares is { } squares)
        {
            writer.Write("squares", squares.Weights.Length);
            Write(writer.Section("slopes"), squares.Slopes);
            Write(writer.Section("constants"), squares.Constants);
            Write(writer.Section("weights"), squares.Weights);
        }
    }

    private static WrittenObjective? ReadObjective(DocumentReader reader, int columns, int parameters)
    {
        if (reader.Section("costs").OptionalTensor("entries") is null)
        {
            return null;
        }

        ParameterMap costs = ReadMap(reader.Section("costs"), columns, parameters);
        if (reader.OptionalText("squares") is null)
        {
            return new WrittenObjective(costs, null);
        }

        int count = reader.Int32("squares");
        Require(count > 0 && (long)count * columns <= MaximumPlaces && count * SmallestEntry <= reader.TensorBytes);
        return new WrittenObjective(costs, new WrittenSquares(
            ReadMap(reader.Section("slopes"), count, columns, parameters), ReadMap(reader.Section("constants"), count, parameters), ReadMap(reader.Section("weights"), count, parameters)));
    }

    private static MatrixMap ReadMap(DocumentReader reader, int rows, int columns, int parameters)
    {
        (int[] places, int[] sources, double[] values) = ReadTerms(reader, rows * columns, parameters);
        return MatrixMap.Create(rows, columns, [.. places.Select((place, i) => (place / columns, place % columns, sources[i], values[i]))]);
    }

    private static ParameterMap ReadMap(DocumentReader reader, int length, int parameters)
    {
        (int[] entries, int[] sources, double[] values) = ReadTerms(reader, length, parameters);
        return new ParameterMap(length, entries, sources, values);
    }

    private static (int[] Places, int[] Sources, double[] Values) ReadTerms(DocumentReader reader, int length, int parameters)
    {
        int[] entries = reader.Int32s("entries"), sources = reader.Int32s("parameters");
        double[] values = reader.Doubles("values");
        Require(sources.Length == entries.Length && values.Length == entries.Length);
        Require(Array.TrueForAll(entries, entry => entry >= 0 && entry < length) && Array.TrueForAll(sources, source => source >= 0 && source <= parameters) && Array.TrueForAll(values, double.IsFinite));
        return (entries, sources, values);
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new FormatException("The model file describes an impossible cone program.");
        }
    }
}
