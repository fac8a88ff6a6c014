using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>
/// Intensive-care records of 48 hours and 41 variables, PhysioNet/Computing in Cardiology Challenge 2012 (Goldberger et al., "PhysioBank, PhysioToolkit, and PhysioNet", 2000): the
/// first day is known, all that was measured on the second is asked for. Values are scaled by the least and the greatest of training and validation records, and those
/// of one minute are averaged, as in Zhang et al., "Irregular multivariate time series forecasting" (ICML 2024). Columns <c>record,minute,parameter,value</c>; a second
/// file says which part a record belongs to in three random splits.
/// </summary>
internal sealed class ClinicalRecords
{
    /// <summary>Name of the panel.</summary>
    public const string Name = "physionet2012";

    private const double MinutesPerHour = 60;
    private const double KnownHours = 24;
    private const int FileSplits = 3;
    private const double TrainingShare = 0.6;
    private const double ValidationShare = 0.2;
    private const string MissingStatic = "-1";

    private readonly string _records;
    private readonly string _splits;

    private ClinicalRecords(string folder) => (_records, _splits) = (Path.Combine(folder, Name + ".csv.gz"), Path.Combine(folder, Name + "_splits.csv"));

    public static IEnumerable<ClinicalRecords> ReadAll(string folder) => new[] { new ClinicalRecords(folder) }.Where(data => File.Exists(data._records));

    /// <summary>One of the three splits of the file, for seeds 1 to 3, or one drawn by the seed, of the same sizes.</summary>
    public Panel Split(int seed)
    {
        Dictionary<string, string> parts = seed <= FileSplits ? PanelData.ReadCsv(_splits).ToDictionary(row => row["record"], row => row[$"split{seed}"]) : Draw(seed);
        ILookup<string, Measurement> records = PanelData.ReadCompressedLines(_records).Skip(1).Select(Measurement.Parse).Where(measured => measured.Minute > 0 || measured.Text != MissingStatic).ToLookup(measured => measured.Record);
        string[] variables = [.. records.SelectMany(record => record).Select(measured => measured.Variable).Distinct().Order(StringComparer.Ordinal)];
        Dictionary<string, (double Least, double Range)> ranges = records.Where(record => parts[record.Key] != "test").SelectMany(record => record)
            .GroupBy(measured => measured.Variable).ToDictionary(group => group.Key, group => Range(group));
        ILookup<string, SeriesRow> rows = records.ToLookup(record => parts[record.Key], record => Series(record, variables, ranges));
        IEnumerable<Question> questions = rows["test"].Select(row => (Row: row, Known: row.Time.Count(time => time <= KnownHours)))
            .Where(cut => cut.Known > 0 && cut.Known < cut.Row.Time.Length).Select(cut => cut.Row.Ask(cut.Known, 2 * KnownHours));
        return new Panel([.. rows["train"]], [.. questions], KnownHours, [], HasOneUnit: true) { Validation = [.. rows["validation"]] };
    }

    private Dictionary<string, string> Draw(int seed)
    {
        string[] records = [.. PanelData.ReadCsv(_splits).Select(row => row["record"])];
        new Random(seed).Shuffle(records);
        string Part(int rank) => rank < TrainingShare * records.Length ? "train" : rank < (TrainingShare + ValidationShare) * records.Length ? "validation" : "test";
        return records.Index().ToDictionary(record => record.Item, record => Part(record.Index));
    }

    private static SeriesRow Series(IEnumerable<Measurement> record, string[] variables, Dictionary<string, (double Least, double Range)> ranges)
    {
        IGrouping<int, Measurement>[] times = [.. record.GroupBy(measured => measured.Minute).OrderBy(time => time.Key)];
        float[][] values = Array.ConvertAll(variables, _ => new float[times.Length]);
        for (int v = 0; v < variables.Length; v++)
        {
            (double least, double range) = ranges[variables[v]];
            for (int i = 0; i < times.Length; i++)
            {
                double mean = times[i].Where(measured => measured.Variable == variables[v]).Select(measured => measured.Value).DefaultIfEmpty(double.NaN).Average();
                values[v][i] = (float)((mean - least) / range);
            }
        }

        return SeriesRow.Create([.. times.Select(time => time.Key / MinutesPerHour)], values);
    }

    // A variable that has one value alone, such as artificial ventilation, is always 0.
    private static (double Least, double Range) Range(IEnumerable<Measurement> measurements)
    {
        double least = measurements.Min(measured => measured.Value);
        double range = measurements.Max(measured => measured.Value) - least;
        return (least, range > 0 ? range : 1);
    }

    private sealed record Measurement(string Record, int Minute, string Variable, string Text)
    {
        public double Value { get; } = PanelData.Number(Text);

        public static Measurement Parse(string line)
        {
            string[] cells = line.Split(',');
            return new Measurement(cells[0], int.Parse(cells[1], CultureInfo.InvariantCulture), cells[2], cells[3]);
        }
    }
}
