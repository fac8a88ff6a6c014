using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>Files of recorded series in long format.</summary>
internal static class RecordedSeries
{
    /// <summary>The rows of each series, cells by the names of their columns.</summary>
    /// <param name="folder">Folder of the file.</param>
    /// <param name="file">Its name.</param>
    /// <param name="key">Column that tells series apart.</param>
    public static IEnumerable<Dictionary<string, string>[]> ReadGroups(string folder, string file, string key) => Read(folder, file).GroupBy(row => row[key]).Select(group => group.ToArray());

    /// <summary>All rows of a file, cells by the names of their columns.</summary>
    /// <param name="folder">Folder of the file.</param>
    /// <param name="file">Its name.</param>
    public static IEnumerable<Dictionary<string, string>> Read(string folder, string file)
    {
        string[] lines = File.ReadAllLines(Path.Combine(folder, file));
        string[] names = lines[0].Split(',');
        return lines.Skip(1).Select(line => names.Zip(line.Split(',')).ToDictionary(cell => cell.First, cell => cell.Second));
    }

    /// <summary>The storms of HURDAT2, the hours since their start and the day of the year that it was on beside what is recorded.</summary>
    public static IEnumerable<Dictionary<string, string>[]> ReadStorms(string folder)
    {
        foreach (Dictionary<string, string>[] rows in ReadGroups(folder, "storms.csv", "storm_id"))
        {
            DateTime start = Time(rows[0]);
            foreach (Dictionary<string, string> row in rows)
            {
                row["hour"] = (Time(row) - start).TotalHours.ToString(CultureInfo.InvariantCulture);
                row["season"] = start.DayOfYear.ToString(CultureInfo.InvariantCulture);
            }

            yield return rows;
        }

        static DateTime Time(Dictionary<string, string> row) => DateTime.Parse(row["time_utc"], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
    }

    /// <summary>The number that a cell holds, NaN where it holds none.</summary>
    public static double Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out double value) ? value : double.NaN;

    /// <summary>Numbers of columns, [columns][rows].</summary>
    public static float[][] Channels(Dictionary<string, string>[] rows, params string[] columns) => [.. columns.Select(column => rows.Select(row => (float)Number(row[column])).ToArray())];

    /// <summary>Numbers of a column.</summary>
    public static double[] Times(Dictionary<string, string>[] rows, string column) => [.. rows.Select(row => Number(row[column]))];
}
