using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Checks the columns that densities are learned from.</summary>
internal static class DensityColumns
{
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
}
