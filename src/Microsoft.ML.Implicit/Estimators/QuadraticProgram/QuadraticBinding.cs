using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A <see cref="QuadraticTemplate"/> with the columns of a schema: every size is known, and each column has its place in a row of numbers.</summary>
internal sealed class QuadraticBinding
{
    private readonly QuadraticTemplate _template;
    private readonly DataViewSchema _schema;
    private readonly Slice?[] _slices;

    /// <summary>Binds a template.</summary>
    /// <param name="template">The arguments.</param>
    /// <param name="schema">Where their columns are looked up.</param>
    /// <param name="variables">Number of variables, where p is not among the arguments.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing, or sizes do not match or are beyond <see cref="DenseLimits"/>; the message names the argument and both sizes.
    /// </exception>
    public QuadraticBinding(QuadraticTemplate template, DataViewSchema schema, int? variables = null)
    {
        _template = template;
        _schema = schema;
        Variables = variables ?? VectorLength(1) ?? throw new ArgumentException("P is a number; it must have one entry a variable.");
        Inequalities = template.Arguments[2] is null ? 0 : VectorLength(3) ?? MatrixRows(2);
        Equalities = template.Arguments[4] is null ? 0 : VectorLength(5) ?? MatrixRows(4);
        DenseLimits.Check(Variables, Inequalities, Equalities);
        _slices = new Slice?[template.Arguments.Count];
        for (int i = 0; i < _slices.Length; i++)
        {
            _slices[i] = Place(i);
        }
    }

    public int Variables { get; }

    public int Inequalities { get; }

    public int Equalities { get; }

    /// <summary>The type that the numbers of Q come in.</summary>
    public ScalarType QuadraticType =>
        _template.Arguments[0]?.ColumnName is { } name && _schema[name].Type.GetItemType().Equals(NumberDataViewType.Single) ? ScalarType.Float32 : ScalarType.Float64;

    /// <summary>Numbers read a row.</summary>
    public int Width { get; private set; }

    /// <summary>Name and first number of each column, and how many it holds.</summary>
    public IEnumerable<(string Name, int Start, int Length)> Columns =>
        _slices.OfType<Slice>().Select(slice => (slice.ColumnName, slice.Start, slice.Length));

    /// <summary>Creates the tensors of the arguments that are constant, in the current dispose scope.</summary>
    public Tensor?[] CreateConstants(Device device) =>
        [.. _template.Arguments.Select((argument, i) => argument is null || argument.ColumnName is not null ? null : Constant(argument, Shape(i)).to(device))];

    /// <summary>Puts a batch of problems together.</summary>
    /// <param name="constants">Result of <see cref="CreateConstants"/>; tensors put in place of absent ones are used as well.</param>
    /// <param name="columns">Numbers of the columns, float64 [batch, <see cref="Width"/>].</param>
    /// <returns>The arguments, in the order of <see cref="QuadraticArguments"/>.</returns>
    public Tensor?[] Arguments(Tensor?[] constants, Tensor columns) =>
        [.. constants.Select((constant, i) => _slices[i] is { } slice ? columns.narrow(1, slice.Start, slice.Length).reshape([-1, .. Shape(i)]) : constant)];

    private static Tensor Constant(QuadraticCoefficients argument, long[] shape)
    {
        if (argument.Shape.Length > 0)
        {
            return NativeTensor.Of(argument.Values, shape);
        }

        return shape.Length == 2
            ? eye(shape[0], dtype: ScalarType.Float64) * argument.Values[0].Held()
            : full(shape, argument.Values[0].Held(), ScalarType.Float64);
    }

    private Slice? Place(int index)
    {
        QuadraticCoefficients? argument = _template.Arguments[index];
        if (argument is null)
        {
            return null;
        }

        long[] shape = Shape(index);
        long count = shape.Aggregate(1L, (product, length) => product * length);
        string expected = string.Join(" x ", shape);
        if (argument.ColumnName is null)
        {
            return argument.Shape.Length == 0 || argument.Shape.Select(length => (long)length).SequenceEqual(shape)
                ? null
                : throw new ArgumentException($"{QuadraticTemplate.Names[index]} is {string.Join(" x ", argument.Shape)}; it must be {expected}.");
        }

        int length = ColumnLength(index);
        if (length != count)
        {
            throw new ArgumentException($"Column '{argument.ColumnName}' holds {length} values; {QuadraticTemplate.Names[index]} must have {expected}.");
        }

        var slice = new Slice(argument.ColumnName, Width, length);
        Width += length;
        return slice;
    }

    /// <summary>Shape of an argument.</summary>
    public long[] Shape(int index) => index switch
    {
        0 => [Variables, Variables],
        2 => [Inequalities, Variables],
        3 => [Inequalities],
        4 => [Equalities, Variables],
        5 => [Equalities],
        _ => [Variables],
    };

    // Null for a number, which is as long as it must be.
    private int? VectorLength(int index) => _template.Arguments[index] switch
    {
        { ColumnName: not null } => ColumnLength(index),
        { Shape: [int length] } => length,
        _ => null,
    };

    private int MatrixRows(int index)
    {
        QuadraticCoefficients argument = _template.Arguments[index]!;
        return argument.ColumnName is null ? argument.Shape[0] : ColumnLength(index) / Variables;
    }

    private int ColumnLength(int index)
    {
        string name = _template.Arguments[index]!.ColumnName!;
        string argument = QuadraticTemplate.Names[index];
        DataViewSchema.Column column = _schema.GetColumnOrNull(name)
            ?? throw new ArgumentException($"The data has no column '{name}', which {argument} is read from.");
        int length = NumberColumns.Length(column.Type);
        return length > 0
            ? length
            : throw new ArgumentException($"Column '{name}', which {argument} is read from, holds {column.Type}; it must hold Single or Double, a vector of known size or a scalar.");
    }

    private sealed record Slice(string ColumnName, int Start, int Length);
}
