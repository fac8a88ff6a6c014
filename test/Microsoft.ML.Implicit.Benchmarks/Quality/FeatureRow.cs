using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>A row of numbers as a pipeline reads it.</summary>
internal sealed class FeatureRow
{
    public float[] Features { get; init; } = [];

    /// <summary>Rows of equal length, at least one.</summary>
    public static IDataView View(MLContext ml, float[][] rows)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(FeatureRow));
        schema[nameof(Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Length);
        return ml.Data.LoadFromEnumerable(rows.Select(row => new FeatureRow { Features = row }), schema);
    }
}
