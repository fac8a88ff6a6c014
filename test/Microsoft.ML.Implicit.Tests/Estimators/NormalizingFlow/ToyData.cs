using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

/// <summary>Small data with a column Features.</summary>
internal static class ToyData
{
    /// <summary>Two lumps: the first at (-200, 0.1), the second at (300, 0.5), with standard deviations (30, 0.02) and (60, 0.05).</summary>
    public static float[][] Lumps(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => i % 2 == 0
            ? new[] { (float)(-200 + 30 * Normal(random)), (float)(0.1 + 0.02 * Normal(random)) }
            : [(float)(300 + 60 * Normal(random)), (float)(0.5 + 0.05 * Normal(random))])];
    }

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public static IDataView View(MLContext ml, IEnumerable<float[]> rows, IEnumerable<float[]>? context = null, IEnumerable<float>? labels = null)
    {
        float[][] features = [.. rows];
        float[][] contexts = context is null ? [.. features.Select(_ => new float[1])] : [.. context];
        float[] label = labels is null ? new float[features.Length] : [.. labels];
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features.Length == 0 ? 2 : features[0].Length);
        schema[nameof(Row.Context)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, contexts.Length == 0 ? 1 : contexts[0].Length);
        return ml.Data.LoadFromEnumerable(features.Select((f, i) => new Row { Features = f, Context = contexts[i], Label = label[i] }), schema);
    }

    internal sealed class Row
    {
        public float[] Features { get; set; } = [];

        public float[] Context { get; set; } = [];

        public float Label { get; set; }
    }

    internal sealed class Prediction
    {
        public float Score { get; set; }

        public float LogDensity { get; set; }

        public bool PredictedLabel { get; set; }
    }
}
