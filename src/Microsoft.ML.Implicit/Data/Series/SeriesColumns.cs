using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Names of the columns that make up a series in a row.</summary>
internal sealed record SeriesColumns(string Times, string[] Values, string[] Statics, string? CovariateTimes, string[] Covariates)
{
    public IEnumerable<string> All
    {
        get
        {
            IEnumerable<string> names = [Times, .. Values, .. Statics, .. Covariates];
            return (CovariateTimes is null ? names : names.Append(CovariateTimes)).Distinct();
        }
    }

    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public void Check(SchemaShape schema)
    {
        CheckTimes(schema, Times);
        foreach (string name in (string[])[.. Values, .. Covariates])
        {
            Check(schema, name, column => column.Kind != SchemaShape.Column.VectorKind.Scalar && column.ItemType == NumberDataViewType.Single, "a vector of Single");
        }

        foreach (string name in Statics)
        {
            Check(schema, name, column => column.ItemType == NumberDataViewType.Single && column.Kind == SchemaShape.Column.VectorKind.Scalar, "Single");
        }

        if (CovariateTimes is not null)
        {
            CheckTimes(schema, CovariateTimes);
        }
    }

    public static void CheckTimes(SchemaShape schema, string name) =>
        Check(schema, name, column => column.Kind != SchemaShape.Column.VectorKind.Scalar && TimeReader.IsTime(column.ItemType), $"a vector of {TimeReader.SupportedTypes}");

    public static void Check(SchemaShape schema, string name, Func<SchemaShape.Column, bool> isValid, string expected)
    {
        if (!schema.TryFindColumn(name, out SchemaShape.Column column))
        {
            throw new ArgumentException($"The data has no column '{name}'.", nameof(schema));
        }

        if (column.IsKey || !isValid(column))
        {
            throw new ArgumentException($"Column '{name}' holds {column.GetTypeString()}; expected {expected}.", nameof(schema));
        }
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(Times);
        WriteNames(writer, Values);
        WriteNames(writer, Statics);
        writer.Write(CovariateTimes ?? string.Empty);
        WriteNames(writer, Covariates);
    }

    public static SeriesColumns Read(BinaryReader reader)
    {
        string times = reader.ReadString();
        string[] values = ReadNames(reader);
        string[] statics = ReadNames(reader);
        string covariateTimes = reader.ReadString();
        return new SeriesColumns(times, values, statics, covariateTimes.Length == 0 ? null : covariateTimes, ReadNames(reader));
    }

    private static void WriteNames(BinaryWriter writer, string[] names)
    {
        writer.Write(names.Length);
        foreach (string name in names)
        {
            writer.Write(name);
        }
    }

    private static string[] ReadNames(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count < 0 || count > reader.BaseStream.Length - reader.BaseStream.Position)
        {
            throw new FormatException("The model file names an impossible number of columns.");
        }

        string[] names = new string[count];
        for (int i = 0; i < count; i++)
        {
            names[i] = reader.ReadString();
        }

        return names;
    }
}
