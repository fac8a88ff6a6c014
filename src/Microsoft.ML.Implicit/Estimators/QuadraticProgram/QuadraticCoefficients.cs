namespace Microsoft.ML.Implicit.Estimators;

/// <summary>One argument of a quadratic program: constants for all rows, or a column that holds the values of each row.</summary>
/// <remarks>
/// Arrays, numbers and column names convert implicitly. A number stands for a vector with that entry everywhere, and as Q for that multiple of
/// the identity. A column holds Single or Double, a vector of known size or a scalar; matrices are in it row by row.
/// </remarks>
public sealed class QuadraticCoefficients
{
    private QuadraticCoefficients(string? columnName, double[] values, params int[] shape)
    {
        ColumnName = columnName;
        Values = values;
        Shape = shape;
    }

    /// <summary>Name of the column, or <see langword="null"/> for constants.</summary>
    public string? ColumnName { get; }

    /// <summary>The constants, row by row.</summary>
    internal double[] Values { get; }

    /// <summary>[] for a number, [length] for a vector, [rows, columns] for a matrix.</summary>
    internal int[] Shape { get; }

    /// <summary>Values read from a column.</summary>
    /// <param name="columnName">Name of the column.</param>
    public static QuadraticCoefficients FromColumn(string columnName)
    {
        ArgumentException.ThrowIfNullOrEmpty(columnName);
        return new QuadraticCoefficients(columnName, []);
    }

    /// <summary>One constant for every entry.</summary>
    /// <param name="value">The constant.</param>
    public static QuadraticCoefficients FromNumber(double value) => new(null, [value]);

    /// <summary>A constant vector.</summary>
    /// <param name="values">The entries; copied.</param>
    public static QuadraticCoefficients FromVector(double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new QuadraticCoefficients(null, [.. values], values.Length);
    }

    /// <summary>A constant matrix.</summary>
    /// <param name="values">The entries; copied.</param>
    public static QuadraticCoefficients FromMatrix(double[,] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new QuadraticCoefficients(null, [.. values.Cast<double>()], values.GetLength(0), values.GetLength(1));
    }

    /// <inheritdoc cref="FromColumn"/>
    public static implicit operator QuadraticCoefficients(string columnName) => FromColumn(columnName);

    /// <inheritdoc cref="FromNumber"/>
    public static implicit operator QuadraticCoefficients(double value) => FromNumber(value);

    /// <inheritdoc cref="FromVector"/>
    public static implicit operator QuadraticCoefficients(double[] values) => FromVector(values);

    /// <inheritdoc cref="FromMatrix"/>
    public static implicit operator QuadraticCoefficients(double[,] values) => FromMatrix(values);

    internal static void Write(BinaryWriter writer, QuadraticCoefficients? coefficients)
    {
        writer.Write(coefficients is not null);
        if (coefficients is null)
        {
            return;
        }

        writer.Write(coefficients.ColumnName ?? string.Empty);
        if (coefficients.ColumnName is not null)
        {
            return;
        }

        writer.Write((byte)coefficients.Shape.Length);
        foreach (int length in coefficients.Shape)
        {
            writer.Write(length);
        }

        foreach (double value in coefficients.Values)
        {
            writer.Write(value);
        }
    }

    /// <exception cref="FormatException">The shape is impossible, or larger than the file.</exception>
    internal static QuadraticCoefficients? Read(BinaryReader reader)
    {
        if (!reader.ReadBoolean())
        {
            return null;
        }

        string columnName = reader.ReadString();
        if (columnName.Length > 0)
        {
            return FromColumn(columnName);
        }

        int[] shape = new int[reader.ReadByte()];
        long count = 1;
        for (int d = 0; d < shape.Length; d++)
        {
            shape[d] = reader.ReadInt32();
            count = checked(count * shape[d]);
        }

        if (shape.Length > 2 || Array.Exists(shape, length => length < 0) || count > (reader.BaseStream.Length - reader.BaseStream.Position) / sizeof(double))
        {
            throw new FormatException("The model file describes an impossible constant.");
        }

        double[] values = new double[count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.ReadDouble();
        }

        return new QuadraticCoefficients(null, values, shape);
    }
}
