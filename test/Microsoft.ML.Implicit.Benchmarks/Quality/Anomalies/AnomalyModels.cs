using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Anomalies;

/// <summary>The normalizing flow with default options, and others beside it: their usual settings, on standardised columns.</summary>
internal static class AnomalyModels
{
    public const string Ours = "NormalizingFlow";

    // That of RandomizedPca, where there are as many columns.
    private const int UsualRank = 20;

    /// <summary>Trains each, or those named, on a split and tests it.</summary>
    public static IEnumerable<AnomalyScore> Run(string name, AnomalySplit split, int seed, NormalizingFlowOptions options, IReadOnlyCollection<string> only)
    {
        (double[][] train, double[][] test) = split.Standardise();
        (string Name, Func<double[]> Score)[] models =
        [
            (Ours, () => Flow(split, seed, options)),
            ("nearest neighbours", () => NearestNeighbours.Score(train, test)),
            ("local outlier factor", () => LocalOutlierFactor.Score(train, test)),
            ("isolation forest", () => IsolationForest.Score(train, test, seed)),
            ("one-class SVM", () => OneClassMachine.Score(train, test)),
            ("RandomizedPca", () => PrincipalComponents(train, test, seed)),
        ];
        foreach ((string model, Func<double[]> score) in models.Where(model => only.Count == 0 || only.Contains(model.Name)))
        {
            long start = Stopwatch.GetTimestamp();
            double area = split.Area(score());
            yield return new AnomalyScore(name, seed, model, area, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }

    private static double[] Flow(AnomalySplit split, int seed, NormalizingFlowOptions options)
    {
        var ml = new MLContext(seed);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(FeatureRow.View(ml, split.Train));
        return Scores(model, FeatureRow.View(ml, split.Test));
    }

    // With a rank that the data does not have, its scores are NaN, which are the lowest.
    private static double[] PrincipalComponents(double[][] train, double[][] test, int seed)
    {
        var ml = new MLContext(seed);
        int rank = Math.Clamp(UsualRank, 1, Math.Max(1, train[0].Length - 1));
        return Scores(ml.AnomalyDetection.Trainers.RandomizedPca(rank: rank, seed: seed).Fit(View(train)), View(test));

        IDataView View(double[][] rows) => FeatureRow.View(ml, Array.ConvertAll(rows, row => Array.ConvertAll(row, value => (float)value)));
    }

    private static double[] Scores(ITransformer model, IDataView rows) => [.. model.Transform(rows).GetColumn<float>("Score").Select(score => (double)score)];
}
