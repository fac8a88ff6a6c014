using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>The real data sets as panels, split by a seed.</summary>
internal static class PanelData
{
    private const int MostCuts = 8;

    public static Panel Pbcseq(string folder, int seed)
    {
        List<Dictionary<string, string>> rows = ReadCsv(Path.Combine(folder, "pbcseq.csv"));
        return Split(Group(rows, "id", row => Number(row["day"]), "bili", "albumin", "chol", "platelet", "protime"), 1500, seed);
    }

    public static Panel Storms(string folder, int seed)
    {
        List<Dictionary<string, string>> rows = ReadCsv(Path.Combine(folder, "storms.csv"));
        return Split(Group(rows, "storm_id", row => Hours(row["time_utc"]), "lat", "long", "wind_kn", "pressure_mb"), 48, seed);
    }

    public static Panel Remifentanil(string folder, int seed)
    {
        List<Dictionary<string, string>> rows = ReadCsv(Path.Combine(folder, "remifentanil.csv"));
        var series = new List<SeriesRow>();
        foreach (IGrouping<string, Dictionary<string, string>> group in rows.GroupBy(row => row["id"]))
        {
            Dictionary<string, string>[] ordered = [.. group.DistinctBy(row => Number(row["time"])).OrderBy(row => Number(row["time"]))];
            double[] times = [.. ordered.Select(row => Number(row["time"]))];
            series.Add(SeriesRow.Create(times, [Column(ordered, "conc")], times, [Column(ordered, "rate"), Column(ordered, "amt")]));
        }

        return Split(series, 30, seed);
    }

    /// <summary>Weekly carbon dioxide: the last fifth is asked about, a year ahead.</summary>
    public static Panel Carbon(string folder, int seed) => Long(folder, "co2_weekly.csv", "date", "co2_ppm", row => Hours(row) / 24, 365, 365.25);

    /// <summary>Monthly sea surface temperature: the last fifth is asked about, a year ahead.</summary>
    public static Panel ElNino(string folder, int seed) => Long(folder, "elnino_sst.csv", "date", "sst_c", row => Hours(row) / 24, 366, 365.25);

    private static Panel Long(string folder, string file, string time, string value, Func<string, double> parse, double horizon, double period)
    {
        Dictionary<string, string>[] rows = [.. ReadCsv(Path.Combine(folder, file)).Where(row => row[value].Length > 0)];
        SeriesRow whole = SeriesRow.Create([.. rows.Select(row => parse(row[time]))], [Column(rows, value)]);
        int start = (int)(0.8 * rows.Length);
        SeriesRow train = SeriesRow.Create(whole.Time[..start], [whole.Value0[..start]]);
        int stride = Math.Max(1, (rows.Length - start) / 60);
        Question[] questions = [.. Enumerable.Range(0, rows.Length).Where(i => i >= start && (i - start) % stride == 0 && whole.Time[^1] - whole.Time[i - 1] >= horizon).Select(i => whole.Ask(i, horizon))];
        return new Panel([train], questions, horizon, [period], HasOneUnit: true);
    }

    private static Panel Split(List<SeriesRow> series, double horizon, int seed)
    {
        var random = new Random(seed);
        SeriesRow[] shuffled = [.. series];
        random.Shuffle(shuffled);
        int held = shuffled.Length / 5;
        var questions = new List<Question>();
        foreach (SeriesRow row in shuffled[..held])
        {
            int[] cuts = [.. Enumerable.Range(1, Math.Max(0, row.Time.Length - 1))];
            random.Shuffle(cuts);
            questions.AddRange(cuts.Take(MostCuts).Select(count => row.Ask(count, horizon)).Where(question => question.History.ForecastTime.Length > 0));
        }

        return new Panel(shuffled[held..], questions, horizon, [], HasOneUnit: shuffled[0].VariableCount == 1);
    }

    private static List<SeriesRow> Group(List<Dictionary<string, string>> rows, string key, Func<Dictionary<string, string>, double> time, params string[] columns) =>
    [
        .. rows.GroupBy(row => row[key]).Select(group =>
        {
            Dictionary<string, string>[] ordered = [.. group.DistinctBy(time).OrderBy(time)];
            return SeriesRow.Create([.. ordered.Select(time)], [.. columns.Select(name => Column(ordered, name))]);
        }),
    ];

    private static float[] Column(Dictionary<string, string>[] rows, string name) => [.. rows.Select(row => (float)Number(row[name]))];

    private static double Number(string text) => text.Length == 0 || text == "NA" ? double.NaN : double.Parse(text, CultureInfo.InvariantCulture);

    private static double Hours(string text) =>
        (DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal) - DateTime.UnixEpoch).TotalHours;

    private static List<Dictionary<string, string>> ReadCsv(string path)
    {
        string[] lines = File.ReadAllLines(path);
        string[] names = lines[0].Split(',');
        return [.. lines.Skip(1).Select(line => line.Split(',')).Select(cells => names.Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second))];
    }
}
