using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Trainers.LightGbm;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>How models learn one kind of labels.</summary>
/// <param name="Gated">What GRUs learn.</param>
/// <param name="ReadWhole">The trainer of whole series.</param>
/// <param name="Boost">LightGbm with a seed, on a column of features.</param>
/// <param name="Labels">Makes labels of the rows' columns.</param>
/// <param name="Outputs">Reads what was predicted, a row each.</param>
internal sealed record SeriesTask(
    Func<LabelledSeries[], GatedTask> Gated,
    Func<MLContext, ControlledEquationOptions, IEstimator<ITransformer>> ReadWhole,
    Func<MLContext, int, IEstimator<ITransformer>> Boost,
    Func<MLContext, IEstimator<ITransformer>> Labels,
    Func<IDataView, float[][]> Outputs)
{
    private const string Label = "Label";

    /// <summary>Probabilities of the classes, in the order of their names.</summary>
    public static SeriesTask Classes { get; } = new(
        GatedTask.Classes,
        (ml, options) => ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation(options),
        (ml, seed) => ml.MulticlassClassification.Trainers.LightGbm(new LightGbmMulticlassTrainer.Options { Seed = seed }),
        ml => ml.Transforms.Conversion.MapValueToKey(Label, nameof(LabelledSeries.Class), keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue),
        scored => [.. scored.GetColumn<float[]>("Score")]);

    /// <summary>Values.</summary>
    public static SeriesTask Values { get; } = new(
        GatedTask.Values,
        (ml, options) => ml.Regression.Trainers.NeuralControlledDifferentialEquation(options),
        (ml, seed) => ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options { Seed = seed }),
        ml => ml.Transforms.CopyColumns(Label, nameof(LabelledSeries.Value)),
        scored => [.. scored.GetColumn<float>("Score").Select(score => new[] { score })]);
}
