using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Anomalies;

/// <summary>A table of classes read as anomaly detection: rows of some classes are the anomalies.</summary>
/// <param name="Name">File name without ending; the class is the last column.</param>
/// <param name="Anomalies">Classes that are anomalies.</param>
internal sealed record AnomalyTable(string Name, params string[] Anomalies)
{
    private const double TrainingShare = 0.7;
    private const int MaximumRows = 1000;

    /// <summary>
    /// Tables of numbers. The smallest class, the first by name of several, is the anomaly; in shuttle the four smallest, in thyroid both
    /// diseases, and in sonar the mines.
    /// </summary>
    public static IReadOnlyList<AnomalyTable> All { get; } =
    [
        new("banknote", "c_counterfeit"),
        new("biopsy", "c_malignant"),
        new("breast_cancer", "c_malignant"),
        new("dhfr", "c_inactive"),
        new("digits8x8", "c_8"),
        new("Glass", "c_6"),
        new("Ionosphere", "c_bad"),
        new("letter", "c_H"),
        new("mdrr", "c_Inactive"),
        new("musk", "c_1"),
        new("penguins", "c_Chinstrap"),
        new("pima_diabetes", "c_pos"),
        new("ringnorm", "c_1"),
        new("satellite", "c_damp_grey_soil"),
        new("segmentationData", "c_WS"),
        new("shuttle", "c_Fpv.Close", "c_Fpv.Open", "c_Bpv.Close", "c_Bpv.Open"),
        new("sonar", "c_M"),
        new("spam", "c_spam"),
        new("spirals", "c_1"),
        new("thyroid", "c_Hypo", "c_Hyper"),
        new("Vehicle", "c_van"),
        new("vowel", "c_hAd"),
        new("waveform", "c_3"),
        new("wine", "c_class_2"),
    ];

    /// <summary>Seven tenths of the normal rows to train on; the other normal rows and the anomalies to test on; at most a thousand of each.</summary>
    public AnomalySplit Split(string folder, int seed)
    {
        string[][] cells = [.. File.ReadLines(Path.Combine(folder, Name + ".csv")).Skip(1).Select(line => line.Split(','))];
        var random = new Random(seed);
        random.Shuffle(cells);
        float[][] normal = Rows(isAnomaly: false), anomalies = Rows(isAnomaly: true);
        int trained = (int)(TrainingShare * normal.Length);
        float[][] train = [.. normal[..trained].Take(MaximumRows)];
        float[][] test = [.. normal[trained..].Take(MaximumRows), .. anomalies.Take(MaximumRows)];
        bool[] areAnomalies = [.. Enumerable.Range(0, test.Length).Select(row => row >= Math.Min(MaximumRows, normal.Length - trained))];
        return new AnomalySplit(train, test, areAnomalies);

        float[][] Rows(bool isAnomaly) =>
        [
            .. cells.Where(row => Anomalies.Contains(row[^1]) == isAnomaly).Select(row => Array.ConvertAll(row[..^1], cell => float.Parse(cell, CultureInfo.InvariantCulture))),
        ];
    }
}
