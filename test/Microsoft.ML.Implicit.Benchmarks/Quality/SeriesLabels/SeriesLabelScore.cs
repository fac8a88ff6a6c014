using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>How well one model did on one split.</summary>
/// <param name="Data">Name of the set.</param>
/// <param name="Seed">The split.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Accuracy">Share of right classes.</param>
/// <param name="Area">Area under the ROC curve of the last of two classes, NaN where there are more.</param>
/// <param name="LogLoss">Mean negative log of the right class's probability.</param>
/// <param name="Seconds">Time to train and score.</param>
internal sealed record SeriesLabelScore(string Data, int Seed, string Model, double Accuracy, double Area, double LogLoss, double Seconds)
{
    private const double SmallestProbability = 1e-7;

    /// <summary>The classes in the order of their names, in which their probabilities are.</summary>
    public static string[] ClassesOf(LabelledSeries[] train) => [.. train.Select(series => series.Class).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The score of a prediction.</summary>
    public static SeriesLabelScore Of(string data, int seed, SeriesPrediction prediction)
    {
        string[] classes = ClassesOf(prediction.Train);
        float[][] probabilities = prediction.Outputs;
        int[] right = Array.ConvertAll(prediction.Test, series => Array.IndexOf(classes, series.Class));
        double accuracy = probabilities.Zip(right).Average(row => Array.IndexOf(row.First, row.First.Max()) == row.Second ? 1.0 : 0);
        double loss = probabilities.Zip(right).Average(row => -Math.Log(Math.Max(SmallestProbability, row.First[row.Second])));
        double area = classes.Length == 2 ? AreaUnderCurve([.. probabilities.Select(row => (double)row[1])], [.. right.Select(label => label == 1)]) : double.NaN;
        return new SeriesLabelScore(data, seed, prediction.Model, accuracy, area, loss, prediction.Seconds);
    }

    /// <summary>Reads scores as they are printed.</summary>
    public static IEnumerable<SeriesLabelScore> ReadAll(string file) =>
        from cells in PrintedScores.Read(file)
        where cells.Length == 7
        let numbers = cells[3..].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray()
        select new SeriesLabelScore(cells[0], int.Parse(cells[1], CultureInfo.InvariantCulture), cells[2], numbers[0], numbers[1], numbers[2], numbers[3]);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Data}\t{Seed}\t{Model}\t{Accuracy:F4}\t{Area:F4}\t{LogLoss:F4}\t{Seconds:F1}");

    // Share of pairs in the right order, ties by half.
    private static double AreaUnderCurve(double[] scores, bool[] labels)
    {
        double[] positive = [.. scores.Where((_, i) => labels[i])], negative = [.. scores.Where((_, i) => !labels[i])];
        return positive.Average(own => negative.Average(other => own > other ? 1 : own < other ? 0 : 0.5));
    }
}
