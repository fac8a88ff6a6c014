using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Distillation;

/// <summary>Rows that stand for others: the centres of k-means clusters of standardised features, of each class by its share, or of features and label where that is a number.</summary>
internal static class ClusterCentres
{
    /// <param name="ml">Context.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="count">Centres.</param>
    /// <param name="isClassification">Whether the label is a class.</param>
    public static TabularRow[] Of(MLContext ml, TabularRow[] rows, int count, bool isClassification)
    {
        float[][] columns = [.. Enumerable.Range(0, rows[0].Features.Length).Select(j => rows.Select(row => row.Features[j]).ToArray()), [.. rows.Select(row => row.Label)]];
        (double Mean, double Deviation)[] units = [.. columns.Select(Unit)];
        return !isClassification
            ? Centres(ml, rows, count, units)
            : [.. rows.GroupBy(row => row.Class).OrderBy(group => group.Key, StringComparer.Ordinal).SelectMany(group => Centres(ml, [.. group], Math.Max(1, count * group.Count() / rows.Length), units))];
    }

    private static TabularRow[] Centres(MLContext ml, TabularRow[] rows, int count, (double Mean, double Deviation)[] units)
    {
        Point[] points = [.. rows.Select(row => new Point { Features = [.. row.Features.Append(row.Label).Select((value, j) => (float)((value - units[j].Mean) / units[j].Deviation))] })];
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Point));
        schema[nameof(Point.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, units.Length);
        VBuffer<float>[] centres = [];
        ml.Clustering.Trainers.KMeans(numberOfClusters: Math.Min(count, rows.Length)).Fit(ml.Data.LoadFromEnumerable(points, schema)).Model.GetClusterCentroids(ref centres, out _);
        return [.. centres.Select(centre =>
        {
            float[] values = [.. centre.DenseValues().Select((value, j) => (float)((value * units[j].Deviation) + units[j].Mean))];
            return new TabularRow { Features = values[..^1], Label = values[^1], Class = rows[0].Class };
        })];
    }

    private static (double Mean, double Deviation) Unit(float[] values)
    {
        double mean = values.Average(value => (double)value), deviation = Math.Sqrt(values.Average(value => Math.Pow(value - mean, 2)));
        return (mean, deviation > 0 ? deviation : 1);
    }

    private sealed class Point
    {
        public float[] Features { get; set; } = [];
    }
}
