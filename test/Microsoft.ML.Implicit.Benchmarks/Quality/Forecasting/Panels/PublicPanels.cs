using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Panels of markets and of electricity in a folder of public sets that <c>export.R</c> has not been run on, as it would write them.</summary>
internal static class PublicPanels
{
    private static readonly string[] Indices = ["dax", "smi", "cac", "ftse"];

    public static IEnumerable<PanelData> Find(string folder)
    {
        PanelData[] all =
        [
            new("electricity_halfhourly", () => [.. Rows("electricity_halfhourly").Select(row => Row("1", row["t_halfhour"], ("demand_mw", row["demand_mw"])))], 48, 336, 48),
            new("eu_stock_markets", () => [.. Rows("eu_stock_markets").Select(row => Row("1", row["t"], [.. Indices.Select(name => (name, Logarithm(row[name])))]))], 20),
            new("dow_jones30", () => [.. Prices(Rows("dow_jones30"))], 20),
        ];
        return all.Where(panel => File.Exists(PathOf(panel.Name)));

        string PathOf(string name) => Path.Combine(folder, name + ".csv");

        List<Dictionary<string, string>> Rows(string name) => PanelData.ReadCsv(PathOf(name));
    }

    private static IEnumerable<Dictionary<string, string>> Prices(List<Dictionary<string, string>> days) =>
        days[0].Keys.Where(name => name != "date").SelectMany(name => days.Select((day, i) => Row(name, (i + 1).ToString(CultureInfo.InvariantCulture), ("price", Logarithm(day[name])))));

    private static string Logarithm(string number) => number.Length == 0 ? number : Math.Log(PanelData.Number(number)).ToString("R", CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Row(string series, string time, params (string Name, string Value)[] values) =>
        new(values.Select(value => KeyValuePair.Create(value.Name, value.Value)).Prepend(KeyValuePair.Create("time", time)).Prepend(KeyValuePair.Create("series", series)));
}
