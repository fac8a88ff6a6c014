using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Trainers.LightGbm;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

/// <summary>The deep-equilibrium and neural ODE trainers with default options, and ML.NET's own beside them.</summary>
internal static class TabularModels
{
    public const string Ours = "DeepEquilibrium";
    private const string Ode = "NeuralOde";
    private const string Linear = "Sdca";

    /// <summary>Trains each, or those named, on a split and tests it.</summary>
    public static IEnumerable<TabularScore> Run(TabularData data, int seed, DeepEquilibriumOptions options, NeuralOdeOptions odes, IReadOnlyCollection<string> only)
    {
        var ml = new MLContext(seed);
        (IDataView train, IDataView test) = data.Split(ml, seed, options.EmbedCategories);
        IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> models = data.IsClassification ? Classifiers(ml, seed, options, odes) : Regressors(ml, seed, options, odes);
        foreach ((string model, IEstimator<ITransformer> trainer) in data.HasMissing ? WithMeans(ml, models) : models)
        {
            if (only.Count > 0 && !only.Contains(model))
            {
                continue;
            }

            long start = Stopwatch.GetTimestamp();
            using var fitted = new Fitted(trainer.Fit(train));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            string name = options.EmbedCategories && model is (Ours or Ode) ? $"{model}-embedded" : model;
            TabularScore score = Test(ml, data, seed, name, fitted.Model.Transform(test));
            Console.Error.WriteLine($"{score} in {seconds:F1} s");
            yield return score;
        }
    }

    // Sdca takes no missing values; ours is tried with means in their place too.
    private static IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> WithMeans(MLContext ml, IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> models) =>
        from model in models
        let filled = ml.Transforms.ReplaceMissingValues("Features", replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean).Append(model.Trainer)
        from tried in model.Name switch
        {
            Linear => [(model.Name, filled)],
            Ours => [model, ($"{Ours}-means", filled)],
            _ => new[] { model },
        }
        select tried;

    private static TabularScore Test(MLContext ml, TabularData data, int seed, string model, IDataView scored)
    {
        if (!data.IsClassification)
        {
            return new TabularScore(data.Name, seed, model, ml.Regression.Evaluate(scored).RootMeanSquaredError, null);
        }

        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(scored);
        return new TabularScore(data.Name, seed, model, 1 - metrics.MicroAccuracy, metrics.LogLoss);
    }

    private static IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> Classifiers(MLContext ml, int seed, DeepEquilibriumOptions options, NeuralOdeOptions odes)
    {
        yield return (Ours, ml.MulticlassClassification.Trainers.DeepEquilibrium(options));
        yield return (Ode, ml.MulticlassClassification.Trainers.NeuralOde(odes));
        yield return ("LightGbm", ml.MulticlassClassification.Trainers.LightGbm(new LightGbmMulticlassTrainer.Options { Seed = seed }));
        yield return ("FastTree", ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.FastTree()));
        yield return (Linear, ml.Transforms.NormalizeMeanVariance("Features").Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy()));
    }

    private static IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> Regressors(MLContext ml, int seed, DeepEquilibriumOptions options, NeuralOdeOptions odes)
    {
        yield return (Ours, ml.Regression.Trainers.DeepEquilibrium(options));
        yield return (Ode, ml.Regression.Trainers.NeuralOde(odes));
        yield return ("LightGbm", ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options { Seed = seed }));
        yield return ("FastTree", ml.Regression.Trainers.FastTree());
        yield return (Linear, ml.Transforms.NormalizeMeanVariance("Features").Append(ml.Regression.Trainers.Sdca()));
    }

    private sealed class Fitted(ITransformer model) : IDisposable
    {
        public ITransformer Model => model;

        public void Dispose() => (model as IDisposable)?.Dispose();
    }
}
