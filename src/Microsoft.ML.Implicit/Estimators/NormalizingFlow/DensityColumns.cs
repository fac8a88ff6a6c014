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
        InputColumns.CheckVector(host, schema, "feature", options.FeatureColumnName);
        if (options.ContextColumnName is { } context)
        {
            InputColumns.CheckVector(host, schema, "context", context);
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
}
