using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Trainers.LightGbm;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>The trainer of whole series by the reading it chooses and by each, and others beside it.</summary>
internal static class SeriesLabelModels
{
    /// <summary>Trains each, or those named, on a split and tests it.</summary>
    public static IEnumerable<SeriesLabelScore> Run(SeriesLabelData data, int seed, Action<ControlledEquationOptions> configure, IReadOnlyCollection<string> only)
    {
        (LabelledSeries[] train, LabelledSeries[] test) = data.Split(seed);
        string[] classes = [.. train.Select(series => series.Class).Distinct().Order(StringComparer.Ordinal)];
        var models = new (string Name, Func<float[][]> Predict)[]
        {
            ("Chosen", () => ReadWhole(null)),
            ("LinearRecurrence", () => ReadWhole(SeriesReadingKind.LinearRecurrence)),
            ("ControlledEquation", () => ReadWhole(SeriesReadingKind.ControlledDifferentialEquation)),
            ("GRU", () => GatedSeries.Predict(train, test, seed)),
            ("LightGbm", () => Boost(train, test, seed)),
        };
        foreach ((string name, Func<float[][]> predict) in models.Where(model => only.Count == 0 || only.Contains(model.Name)))
        {
            long start = Stopwatch.GetTimestamp();
            float[][] probabilities = predict();
            yield return SeriesLabelScore.Of(data.Name, seed, name, probabilities, classes, [.. test.Select(series => series.Class)], Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        float[][] ReadWhole(SeriesReadingKind? reading)
        {
            var options = new ControlledEquationOptions
            {
                InputColumnNames = [.. Enumerable.Range(0, train[0].Channels.Length).Select(channel => $"Channel{channel}")],
                StaticColumnNames = [nameof(LabelledSeries.Static)],
                Reading = reading,
            };
            options.Training.Seed = seed;
            configure(options);
            return Probabilities(seed, train, test, ml => ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation(options));
        }
    }

    private static float[][] Boost(LabelledSeries[] train, LabelledSeries[] test, int seed)
    {
        Summary[] Summarize(LabelledSeries[] series) => Array.ConvertAll(series, s => new Summary { Class = s.Class, Features = SummaryFeatures.Of(s) });
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Summary));
        schema[nameof(Summary.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, SummaryFeatures.Of(train[0]).Length);
        return Probabilities(seed, Summarize(train), Summarize(test), ml => ml.MulticlassClassification.Trainers.LightGbm(new LightGbmMulticlassTrainer.Options { Seed = seed }), schema);
    }

    private static float[][] Probabilities<TRow>(int seed, TRow[] train, TRow[] test, Func<MLContext, IEstimator<ITransformer>> create, SchemaDefinition? schema = null)
        where TRow : class
    {
        var ml = new MLContext(seed);
        IDataView rows = ml.Data.LoadFromEnumerable(train, schema);
        ITransformer keys = ml.Transforms.Conversion.MapValueToKey("Label", "Class", keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(rows);
        ITransformer model = create(ml).Fit(keys.Transform(rows));
        IDataView scored = model.Transform(keys.Transform(ml.Data.LoadFromEnumerable(test, schema)));
        float[][] scores = [.. scored.GetColumn<float[]>("Score")];
        (model as IDisposable)?.Dispose();
        return scores;
    }

    private sealed class Summary
    {
        public required string Class { get; init; }

        public required float[] Features { get; init; }
    }
}
