using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Quadratic;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The output columns that a model writes about each row's optimisation problem.</summary>
internal sealed class SolutionColumns
{
    private readonly List<(SolutionPart Part, string Name)> _columns = [];

    /// <summary>Adds a column, unless its name is null.</summary>
    public void Add(SolutionPart part, string? name)
    {
        if (name is not null)
        {
            _columns.Add((part, name));
        }
    }

    public int Count => _columns.Count;

    public SolutionPart Part(int column) => _columns[column].Part;

    /// <summary>What a function gives for the part of each column.</summary>
    public IReadOnlyList<T> Select<T>(Func<SolutionPart, T> part) => [.. _columns.Select(column => part(column.Part))];

    /// <summary>The columns as an estimator promises them.</summary>
    /// <param name="inputSchema">Schema of the input.</param>
    /// <param name="nameSources">For a part, the input column whose slot names it takes over, or null.</param>
    public IEnumerable<SchemaShape.Column> Promise(SchemaShape inputSchema, Func<SolutionPart, string?> nameSources)
    {
        foreach ((SolutionPart part, string name) in _columns)
        {
            bool isVector = part < SolutionPart.Objective;
            var annotations = new List<SchemaShape.Column>();
            if (nameSources(part) is { } source && inputSchema.TryFindColumn(source, out SchemaShape.Column column)
                && column.Annotations.TryFindColumn(AnnotationUtils.Kinds.SlotNames, out SchemaShape.Column names))
            {
                annotations.Add(names);
            }

            DataViewType type = part == SolutionPart.Status ? TextDataViewType.Instance : NumberDataViewType.Single;
            yield return new SchemaShape.Column(
                name, isVector ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.Scalar, type, isKey: false, new SchemaShape(annotations));
        }
    }

    /// <summary>The columns as a transformer delivers them.</summary>
    /// <param name="binding">Sizes of the problem.</param>
    /// <param name="names">Names of variables and constraints.</param>
    public IReadOnlyList<DataViewSchema.DetachedColumn> Describe(QuadraticBinding binding, QuadraticNames names)
    {
        return [.. _columns.Select(Column)];

        DataViewSchema.DetachedColumn Column((SolutionPart Part, string Name) column)
        {
            if (column.Part >= SolutionPart.Objective)
            {
                return new DataViewSchema.DetachedColumn(column.Name, column.Part == SolutionPart.Status ? TextDataViewType.Instance : NumberDataViewType.Single);
            }

            int length = Length(column.Part, binding);
            var annotations = new DataViewSchema.Annotations.Builder();
            if (SlotNames(column.Part, names) is { } slots)
            {
                var values = new VBuffer<ReadOnlyMemory<char>>(length, [.. slots.Select(name => name.AsMemory())]);
                annotations.AddSlotNames(length, (ref VBuffer<ReadOnlyMemory<char>> target) => values.CopyTo(ref target));
            }

            return new DataViewSchema.DetachedColumn(column.Name, new VectorDataViewType(NumberDataViewType.Single, length), annotations.ToAnnotations());
        }
    }

    /// <summary>Names of a vector column's slots, or null where it has none.</summary>
    public static IReadOnlyList<string>? SlotNames(DataViewSchema.Column column)
    {
        if (!column.HasSlotNames())
        {
            return null;
        }

        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    private static IReadOnlyList<string>? SlotNames(SolutionPart part, QuadraticNames names) => part switch
    {
        SolutionPart.Multipliers => names.Inequalities,
        SolutionPart.EqualityMultipliers => names.Equalities,
        _ => names.Variables,
    };

    public static int Length(SolutionPart part, QuadraticBinding binding) => part switch
    {
        SolutionPart.Multipliers => binding.Inequalities,
        SolutionPart.EqualityMultipliers => binding.Equalities,
        SolutionPart.Objective => 1,
        SolutionPart.Status => 0,
        _ => binding.Variables,
    };

    public void Write(DocumentWriter writer)
    {
        writer.Write("parts", _columns.Select(column => column.Part.ToString()));
        writer.Write("columns", _columns.Select(column => column.Name));
    }

    /// <exception cref="FormatException">A column is of an unknown kind.</exception>
    public static SolutionColumns Read(DocumentReader reader)
    {
        SolutionPart[] parts = reader.Enums<SolutionPart>("parts");
        string[] names = reader.Texts("columns");
        if (parts.Length != names.Length)
        {
            throw new FormatException($"The model file names {names.Length} columns for {parts.Length} outputs.");
        }

        var columns = new SolutionColumns();
        foreach ((SolutionPart part, string name) in parts.Zip(names))
        {
            columns.Add(part, name);
        }

        return columns;
    }
}
