using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>
/// A set made by the recipe of Physiome-ODE (Klötergens et al., ICLR 2025): systems of ordinary differential equations of physiology, 80 % of whose values are
/// missing. Compressed columns <c>fold,split,series,time</c>, then the variables, which are standardised.
/// </summary>
internal sealed class PhysiomeData
{
    private const string Prefix = "physiome_";
    private const string Suffix = ".csv.gz";
    private const int DescribingColumns = 4;
    private const double LastKnownTime = 0.5;
    private const double LastTime = 1;

    private readonly string _file;

    private PhysiomeData(string file) => _file = file;

    public string Name => Path.GetFileName(_file)[Prefix.Length..^Suffix.Length];

    public static IEnumerable<PhysiomeData> ReadAll(string folder) =>
        Directory.GetFiles(folder, Prefix + "*" + Suffix).Order(StringComparer.Ordinal).Select(file => new PhysiomeData(file));

    /// <summary>The fold of a seed, as published: the first half of a series is known, and all observations of the second half are asked for.</summary>
    public Panel Split(int seed)
    {
        string fold = (seed - 1).ToString(CultureInfo.InvariantCulture);
        ILookup<string, SeriesRow> parts = Read(fold).ToLookup(row => row.Part, row => row.Series);
        IEnumerable<Question> questions = parts["test"].Select(row => row.Ask(row.Time.Count(time => time <= LastKnownTime), LastTime));
        return new Panel([.. parts["train"]], [.. questions], LastTime - LastKnownTime, [], HasOneUnit: true) { Validation = [.. parts["validation"]] };
    }

    private IEnumerable<(string Part, SeriesRow Series)> Read(string fold) =>
        from cells in PanelData.ReadCompressedLines(_file).Skip(1).Select(line => line.Split(','))
        where cells[0] == fold
        group cells by (Part: cells[1], Series: cells[2]) into series
        let times = series.Select(cells => PanelData.Number(cells[DescribingColumns - 1])).ToArray()
        let variables = Enumerable.Range(DescribingColumns, series.First().Length - DescribingColumns)
        select (series.Key.Part, SeriesRow.Create(times, [.. variables.Select(v => series.Select(cells => (float)PanelData.Number(cells[v])).ToArray())]));
}
