using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

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

    internal void Write(DocumentWriter writer, string name)
    {
        if (ColumnName is null)
        {
            writer.Write(name, Values, Array.ConvertAll(Shape, length => (long)length));
        }
        else
        {
            writer.Write(name, ColumnName);
        }
    }

    /// <summary>Reads what stands under a name, or null where there is nothing.</summary>
    /// <exception cref="FormatException">The type or shape is impossible.</exception>
    internal static QuadraticCoefficients? Read(DocumentReader reader, string name)
    {
        if (reader.OptionalText(name) is { } columnName)
        {
            return columnName.Length > 0 ? FromColumn(columnName) : throw new FormatException("The model file names a column without a name.");
        }

        return reader.OptionalTensor(name) switch
        {
            null => null,
            { Type: ScalarType.Float64, Shape.Length: <= 2 } constant =>
                new QuadraticCoefficients(null, MemoryMarshal.Cast<byte, double>(constant.Bytes.Span).ToArray(), Array.ConvertAll(constant.Shape, length => (int)length)),
            _ => throw new FormatException("The model file describes an impossible constant."),
        };
    }
}
