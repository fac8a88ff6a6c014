using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Checks the columns that densities are learned from.</summary>
internal static class DensityColumns
{
    // The map that makes numbers uncorrelated takes several square matrices of their count, 800 MB each for so many.
    private const int MaximumLength = 10_000;

    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public static void Check(IHost host, SchemaShape schema, NormalizingFlowOptions options)
    {
        CheckVector(host, schema, "feature", options.FeatureColumnName);
        if (options.ContextColumnName is { } context)
        {
            CheckVector(host, schema, "context", context);
        }

        InputColumns.CheckWeight(host, schema, options.ExampleWeightColumnName);
    }

    /// <exception cref="ArgumentException">A column has more slots than a flow takes.</exception>
    public static void CheckSizes(DataViewSchema schema, NormalizingFlowOptions options)
    {
        foreach (string name in new[] { options.FeatureColumnName, options.ContextColumnName }.OfType<string>())
        {
            int length = schema[name].Type.GetVectorSize();
            if (length > MaximumLength)
            {
                throw new ArgumentException(
                    $"Column '{name}' has {length:N0} slots; a flow takes at most {MaximumLength:N0}. Reduce them first, for instance with Transforms.ProjectToPrincipalComponents or FeatureSelection.",
                    nameof(schema));
            }
        }
    }

    /// <exception cref="ArgumentException">The column is missing or is no vector of the given length.</exception>
    public static void CheckLength(DataViewSchema schema, string name, int length)
    {
        DataViewSchema.Column column = schema.GetColumnOrNull(name)
            ?? throw new ArgumentException($"The data has no column '{name}', which the model reads.", nameof(schema));
        var expected = new VectorDataViewType(NumberDataViewType.Single, length);
        if (column.Type is not VectorDataViewType { IsKnownSize: true } type || !type.ItemType.Equals(expected.ItemType) || type.Size != length)
        {
            throw new ArgumentException($"Column '{name}' holds {column.Type}; the model was trained on {expected}.", nameof(schema));
        }
    }

    private static void CheckVector(IHost host, SchemaShape schema, string role, string name)
    {
        SchemaShape.Column column = InputColumns.Find(host, schema, role, name);
        if (column.Kind != SchemaShape.Column.VectorKind.Vector || !column.ItemType.Equals(NumberDataViewType.Single) || column.IsKey)
        {
            throw host.ExceptSchemaMismatch(nameof(schema), role, name, "Vector<Single> of known size", column.GetTypeString());
        }
    }
}
