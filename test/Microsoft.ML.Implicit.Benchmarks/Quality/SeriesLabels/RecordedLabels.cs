using static Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels.RecordedSeries;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>Series that were recorded, and what became of them.</summary>
internal static class RecordedLabels
{
    private const double VisitDays = 730;
    private const double HorizonDays = 1826;
    private const double FirstHours = 48;
    private const double HurricaneKnots = 64;

    private static readonly string[] Laboratory = ["ascites", "hepato", "spiders", "edema", "bili", "chol", "albumin", "alk_phos", "ast", "platelet", "protime", "stage"];

    /// <summary>Patients with primary biliary cirrhosis (Murtaugh et al., 1994) by their visits of two years: whether they die in the five years after them.</summary>
    public static LabelledSeries[] Deaths(string folder)
    {
        return [.. ReadGroups(folder, "pbcseq.csv", "id").Where(IsKnown).Select(visits =>
        {
            Dictionary<string, string>[] early = [.. visits.Where(visit => Number(visit["day"]) <= VisitDays)];
            return Create(early, "day", Laboratory, Dies(visits) ? "dies" : "lives", Number(visits[0]["age"]));
        })];

        static double End(Dictionary<string, string>[] visits) => Number(visits[0]["futime"]);

        static bool Dies(Dictionary<string, string>[] visits) => visits[0]["status"] == "2" && End(visits) <= VisitDays + HorizonDays;

        static bool IsKnown(Dictionary<string, string>[] visits) => End(visits) > VisitDays && (Dies(visits) || End(visits) > VisitDays + HorizonDays);
    }

    /// <summary>Atlantic storms (HURDAT2) by their first two days, in which they are no hurricanes: whether they become one.</summary>
    public static LabelledSeries[] Hurricanes(string folder)
    {
        return [.. ReadStorms(folder).Where(IsOpen).Select(storm =>
        {
            Dictionary<string, string>[] first = [.. storm.Where(IsEarly)];
            return Create(first, "hour", ["lat", "long", "wind_kn", "pressure_mb"], Array.Exists(storm, IsHurricane) ? "hurricane" : "no hurricane", Number(first[0]["season"]));
        })];

        static bool IsEarly(Dictionary<string, string> row) => Number(row["hour"]) <= FirstHours;

        static bool IsHurricane(Dictionary<string, string> row) => Number(row["wind_kn"]) >= HurricaneKnots;

        static bool IsOpen(Dictionary<string, string>[] storm) => storm.Count(IsEarly) >= 4 && !storm.Where(IsEarly).Any(IsHurricane) && Number(storm[^1]["hour"]) > FirstHours;
    }

    /// <summary>Patients given remifentanil (Minto et al., 1997) by its rate and its concentration in blood: whether they are older than fifty.</summary>
    public static LabelledSeries[] AgeGroups(string folder) =>
        [.. ReadGroups(folder, "remifentanil.csv", "id").Select(rows => Create(rows, "time", ["conc", "rate"], Number(rows[0]["age"]) > 50 ? "older" : "younger", Number(rows[0]["wt"])))];

    private static LabelledSeries Create(Dictionary<string, string>[] rows, string time, string[] channels, string label, double constant) => new()
    {
        Time = Times(rows, time),
        Class = label,
        Channels = Channels(rows, channels),
        Static = (float)constant,
    };
}
