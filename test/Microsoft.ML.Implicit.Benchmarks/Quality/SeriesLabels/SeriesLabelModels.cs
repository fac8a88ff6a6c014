using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>The trainer of whole series by the reading it chooses and by each, and others beside it.</summary>
internal static class SeriesLabelModels
{
    /// <summary>Trains each, or those named, on a split and asks it for the test series.</summary>
    public static IEnumerable<SeriesPrediction> Run(SeriesLabelData data, SeriesTask task, int seed, Action<ControlledEquationOptions> configure, IReadOnlyCollection<string> only)
    {
        (LabelledSeries[] train, LabelledSeries[] test) = data.Split(seed);
        var models = new (string Name, Func<float[][]> Predict)[]
        {
            ("Chosen", () => ReadWhole(null)),
            ("LinearRecurrence", () => ReadWhole(SeriesReadingKind.LinearRecurrence)),
            ("ControlledEquation", () => ReadWhole(SeriesReadingKind.ControlledDifferentialEquation)),
            ("GRU", () => GatedSeries.Predict(task.Gated(train), train, test, seed)),
            ("LightGbm", Boost),
        };
        foreach ((string name, Func<float[][]> predict) in models.Where(model => only.Count == 0 || only.Contains(model.Name)))
        {
            long start = Stopwatch.GetTimestamp();
            float[][] outputs = predict();
            yield return new SeriesPrediction(name, train, test, outputs, Stopwatch.GetElapsedTime(start).TotalSeconds);
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
            return Predict(task, seed, train, test, ml => task.ReadWhole(ml, options));
        }

        float[][] Boost()
        {
            SchemaDefinition schema = SchemaDefinition.Create(typeof(Summary));
            schema[nameof(Summary.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, SummaryFeatures.Of(train[0]).Length);
            return Predict(task, seed, Array.ConvertAll(train, Summary.Of), Array.ConvertAll(test, Summary.Of), ml => task.Boost(ml, seed), schema);
        }
    }

    private static float[][] Predict<TRow>(SeriesTask task, int seed, TRow[] train, TRow[] test, Func<MLContext, IEstimator<ITransformer>> create, SchemaDefinition? schema = null)
        where TRow : class
    {
        var ml = new MLContext(seed);
        IDataView rows = ml.Data.LoadFromEnumerable(train, schema);
        ITransformer labels = task.Labels(ml).Fit(rows);
        ITransformer model = create(ml).Fit(labels.Transform(rows));
        float[][] outputs = task.Outputs(model.Transform(labels.Transform(ml.Data.LoadFromEnumerable(test, schema))));
        (model as IDisposable)?.Dispose();
        return outputs;
    }

    private sealed class Summary
    {
        public required string Class { get; init; }

        public required float Value { get; init; }

        public required float[] Features { get; init; }

        public static Summary Of(LabelledSeries series) => new() { Class = series.Class, Value = series.Value, Features = SummaryFeatures.Of(series) };
    }
}
