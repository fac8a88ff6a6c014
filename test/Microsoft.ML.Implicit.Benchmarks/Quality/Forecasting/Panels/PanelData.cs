using System.Globalization;
using System.IO.Compression;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>
/// Observed series in a file of a folder that <c>export.R</c> fills: columns <c>series</c> and <c>time</c>, then the variables, then covariates known ahead,
/// whose names start with <c>known.</c>; horizon and periods of seasons are in the folder's list of panels.
/// </summary>
internal sealed class PanelData
{
    private const string List = "panels.csv";
    private const string KnownAhead = "known.";
    private const int MostCuts = 8;
    private const int OriginCount = 60;
    private const int PartCount = 5;

    private readonly Func<List<Dictionary<string, string>>> _rows;
    private readonly double _horizon;
    private readonly double[] _periods;

    /// <param name="name">Name of the panel.</param>
    /// <param name="rows">Reads its rows, with the columns of such a file.</param>
    /// <param name="horizon">Longest time ahead that is asked for.</param>
    /// <param name="periods">Periods of seasons.</param>
    public PanelData(string name, Func<List<Dictionary<string, string>>> rows, double horizon, params double[] periods)
    {
        (Name, _rows, _horizon, _periods) = (name, rows, horizon, periods);
    }

    public string Name { get; }

    public static IEnumerable<PanelData> ReadAll(string folder)
    {
        string list = Path.Combine(folder, List);
        return File.Exists(list) ? ReadCsv(list).Select(Listed) : PublicPanels.Find(folder);

        PanelData Listed(Dictionary<string, string> entry)
        {
            string file = Path.Combine(folder, entry["panel"] + ".csv");
            return new PanelData(entry["panel"], () => ReadCsv(file), Number(entry["horizon"]), [.. entry["periods"].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)]);
        }
    }

    /// <summary>A fifth of the series is asked about, at random cuts; of a single series, the last fifth of it.</summary>
    public Panel Split(int seed)
    {
        SeriesRow[] series = [.. Read()];
        return series.Length == 1 ? SplitInTime(series[0]) : SplitSeries(series, new Random(seed));
    }

    private Panel SplitInTime(SeriesRow whole)
    {
        int start = whole.Time.Length * (PartCount - 1) / PartCount;
        int stride = Math.Max(1, (whole.Time.Length - start) / OriginCount);
        IEnumerable<int> origins = Enumerable.Range(start, whole.Time.Length - start).Where(i => (i - start) % stride == 0 && whole.Time[^1] - whole.Time[i - 1] >= _horizon);
        return Create([whole.First(start)], origins.Select(count => whole.Ask(count, _horizon)));
    }

    private Panel SplitSeries(SeriesRow[] series, Random random)
    {
        random.Shuffle(series);
        int held = series.Length / PartCount;
        return Create(series[held..], series[..held].SelectMany(row =>
        {
            int[] cuts = [.. Enumerable.Range(1, Math.Max(0, row.Time.Length - 1))];
            random.Shuffle(cuts);
            return cuts.Take(MostCuts).Select(count => row.Ask(count, _horizon));
        }));
    }

    private Panel Create(IReadOnlyList<SeriesRow> train, IEnumerable<Question> questions) =>
        new(train, [.. questions.Where(IsAnswerable)], _horizon, _periods, HasOneUnit: train[0].VariableCount == 1);

    // A value is known, and one is asked for.
    private static bool IsAnswerable(Question question) =>
        Enumerable.Range(0, question.History.VariableCount).Any(v => question.History.Value(v).Any(float.IsFinite))
        && question.Truth.Any(values => values.Any(float.IsFinite));

    private IEnumerable<SeriesRow> Read()
    {
        List<Dictionary<string, string>> rows = _rows();
        string[] columns = [.. rows[0].Keys.Except(["series", "time"])];
        string[] covariates = [.. columns.Where(name => name.StartsWith(KnownAhead, StringComparison.Ordinal))];
        foreach (IGrouping<string, Dictionary<string, string>> group in rows.GroupBy(row => row["series"]))
        {
            Dictionary<string, string>[] ordered = [.. group.DistinctBy(row => row["time"]).OrderBy(row => Number(row["time"]))];
            double[] times = [.. ordered.Select(row => Number(row["time"]))];
            yield return SeriesRow.Create(times, Columns(columns.Except(covariates)), covariates.Length > 0 ? times : null, Columns(covariates));

            float[][] Columns(IEnumerable<string> names) => [.. names.Select(name => ordered.Select(row => (float)Number(row[name])).ToArray())];
        }
    }

    /// <summary>A number of a file, NaN where it is empty.</summary>
    internal static double Number(string text) => text.Length == 0 ? double.NaN : double.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Rows of a file, by column.</summary>
    internal static List<Dictionary<string, string>> ReadCsv(string path)
    {
        string[] lines = File.ReadAllLines(path);
        string[] names = lines[0].Split(',');
        return [.. lines.Skip(1).Select(line => line.Split(',')).Select(cells => names.Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second))];
    }

    /// <summary>Lines of a file compressed by gzip.</summary>
    internal static IEnumerable<string> ReadCompressedLines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
