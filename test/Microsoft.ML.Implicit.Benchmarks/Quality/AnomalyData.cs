using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>A classification set read as anomaly detection: some classes are the anomalies.</summary>
/// <param name="Name">File name without ending.</param>
/// <param name="FeatureCount">Numeric columns, before the class.</param>
/// <param name="Anomalies">Names of the classes that are anomalies.</param>
internal sealed record AnomalyData(string Name, int FeatureCount, IReadOnlyCollection<string> Anomalies)
{
    /// <summary>The smallest classes of shuttle and satellite, and the sick of the others, are the anomalies.</summary>
    public static IReadOnlyList<AnomalyData> All { get; } =
    [
        new("shuttle", 9, ["Fpv.Close", "Fpv.Open", "Bpv.Close", "Bpv.Open"]),
        new("breast_cancer", 30, ["malignant"]),
        new("satellite", 36, ["damp grey soil"]),
        new("pima_diabetes", 8, ["pos"]),
    ];

    /// <summary>Normal rows to train on, and the other normal rows with all anomalies to test on.</summary>
    public (IDataView Train, IDataView Test) Load(MLContext ml, string folder, int seed)
    {
        IDataView raw = ml.Data.LoadFromTextFile(
            Path.Combine(folder, Name + ".csv"),
            [new TextLoader.Column("Features", DataKind.Single, 0, FeatureCount - 1), new TextLoader.Column("Class", DataKind.String, FeatureCount)],
            separatorChar: ',',
            hasHeader: true);
        Row[] rows = [.. ml.Data.CreateEnumerable<Source>(raw, false).Select(r => new Row { Features = r.Features, Label = Anomalies.Contains(r.Class) ? 1 : 0 })];
        var random = new Random(seed);
        Row[] normal = [.. rows.Where(r => r.Label == 0)];
        random.Shuffle(normal);
        int trained = normal.Length * 7 / 10;
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, FeatureCount);
        IDataView train = ml.Data.LoadFromEnumerable(normal.Take(trained), schema);
        IDataView test = ml.Data.LoadFromEnumerable(normal.Skip(trained).Concat(rows.Where(r => r.Label != 0)), schema);
        ITransformer complete = ml.Transforms.ReplaceMissingValues("Features", replacementMode: Transforms.MissingValueReplacingEstimator.ReplacementMode.Mean).Fit(train);
        return (complete.Transform(train), complete.Transform(test));
    }

    private sealed class Source
    {
        public float[] Features { get; set; } = [];

        public string Class { get; set; } = string.Empty;
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
