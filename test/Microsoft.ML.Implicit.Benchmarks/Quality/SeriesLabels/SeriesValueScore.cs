using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>How far off one model's values were on one split.</summary>
/// <param name="Data">Name of the set.</param>
/// <param name="Seed">The split.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Error">Root of the mean squared error.</param>
/// <param name="Spread">The same of the mean of the labels that were trained on.</param>
/// <param name="Seconds">Time to train and score.</param>
internal sealed record SeriesValueScore(string Data, int Seed, string Model, double Error, double Spread, double Seconds)
{
    /// <summary>The score of a prediction.</summary>
    public static SeriesValueScore Of(string data, int seed, SeriesPrediction prediction)
    {
        float mean = prediction.Train.Average(series => series.Value);
        return new SeriesValueScore(data, seed, prediction.Model, Error(prediction.Outputs.Select(output => output[0])), Error(prediction.Test.Select(_ => mean)), prediction.Seconds);

        double Error(IEnumerable<float> values) => Math.Sqrt(values.Zip(prediction.Test, (value, series) => Math.Pow(value - series.Value, 2)).Average());
    }

    /// <summary>Reads scores as they are printed.</summary>
    public static IEnumerable<SeriesValueScore> ReadAll(string file) =>
        from cells in PrintedScores.Read(file)
        where cells.Length == 6
        let numbers = cells[3..].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray()
        select new SeriesValueScore(cells[0], int.Parse(cells[1], CultureInfo.InvariantCulture), cells[2], numbers[0], numbers[1], numbers[2]);

    /// <summary>Prints means over splits, and how the models rank over the sets.</summary>
    public static void Print(IReadOnlyCollection<SeriesValueScore> scores)
    {
        string[] models = [.. scores.Select(score => score.Model).Distinct()];
        Ranking errors = Rank(score => score.Error);
        errors.PrintMeans("root of the mean squared error", error => error);
        Rank(score => score.Spread).PrintMeans("the same of the mean label", error => error);
        Rank(score => score.Seconds).PrintMeans("seconds", seconds => seconds);
        errors.PrintRanks("", Ranking.Relative);

        Ranking Rank(Func<SeriesValueScore, double> value) => new(scores.Select(score => (score.Data, score.Model, value(score))), models);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Data}\t{Seed}\t{Model}\t{Error:G5}\t{Spread:G5}\t{Seconds:F1}");
}
