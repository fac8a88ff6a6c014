using static Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels.RecordedSeries;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>Series that were recorded, and numbers that they are to tell.</summary>
internal static class RecordedValues
{
    private const double VisitDays = 730;
    private const double FirstHours = 48;
    private const int HalfHoursOfDay = 48;

    private static readonly string[] Laboratory = ["bili", "chol", "albumin", "alk_phos", "ast", "platelet", "protime", "stage"];

    /// <summary>Patients with primary biliary cirrhosis by their visits of two years: the logarithm of the bilirubin of the first visit after them. The series ends when that is.</summary>
    public static LabelledSeries[] Bilirubin(string folder)
    {
        return [.. ReadGroups(folder, "pbcseq.csv", "id").Select(visits => (visits, Next: Array.FindIndex(visits, IsLate))).Where(patient => patient.Next > 0).Select(patient => new LabelledSeries
        {
            Time = Times(patient.visits[..(patient.Next + 1)], "day"),
            Channels = WithoutLast(Channels(patient.visits[..(patient.Next + 1)], Laboratory)),
            Static = (float)Number(patient.visits[0]["age"]),
            Value = (float)Math.Log(Number(patient.visits[patient.Next]["bili"])),
        })];

        static bool IsLate(Dictionary<string, string> visit) => Number(visit["day"]) > VisitDays;
    }

    /// <summary>Atlantic storms by their first two days: the strongest wind after them, in knots.</summary>
    public static LabelledSeries[] StrongestWind(string folder)
    {
        return [.. ReadStorms(folder).Where(storm => storm.Count(IsEarly) >= 4 && Number(storm[^1]["hour"]) > FirstHours).Select(storm =>
        {
            Dictionary<string, string>[] first = [.. storm.Where(IsEarly)];
            return new LabelledSeries
            {
                Time = Times(first, "hour"),
                Channels = Channels(first, "lat", "long", "wind_kn", "pressure_mb"),
                Static = (float)Number(first[0]["season"]),
                Value = (float)storm.Where(row => !IsEarly(row)).Max(row => Number(row["wind_kn"])),
            };
        })];

        static bool IsEarly(Dictionary<string, string> row) => Number(row["hour"]) <= FirstHours;
    }

    /// <summary>Patients given remifentanil by its rate and its concentration in blood: their age in years.</summary>
    public static LabelledSeries[] Age(string folder) =>
    [
        .. ReadGroups(folder, "remifentanil.csv", "id").Select(rows => new LabelledSeries
        {
            Time = Times(rows, "time"),
            Channels = Channels(rows, "conc", "rate"),
            Static = (float)Number(rows[0]["wt"]),
            Value = (float)Number(rows[0]["age"]),
        }),
    ];

    /// <summary>Patients given quinidine (Verme et al., 1992) by their doses and concentrations: the last concentration of two or more, in mg/l. The series ends when that is.</summary>
    public static LabelledSeries[] LastConcentration(string folder)
    {
        return [.. ReadGroups(folder, "quinidine.csv", "subject").Where(rows => rows.Count(IsMeasured) > 1).Select(rows =>
        {
            Dictionary<string, string>[] known = rows[..(Array.FindLastIndex(rows, IsMeasured) + 1)];
            return new LabelledSeries
            {
                Time = Times(known, "time"),
                Channels = WithoutLast(Channels(known, "conc", "dose")),
                Static = (float)Number(known[0]["weight"]),
                Value = (float)Number(known[^1]["conc"]),
            };
        })];

        static bool IsMeasured(Dictionary<string, string> row) => double.IsFinite(Number(row["conc"]));
    }

    /// <summary>The demand for electricity of a day, every half-hour, and which day of the week it is: the mean demand of the next day, in megawatts.</summary>
    public static LabelledSeries[] DemandOfNextDay(string folder)
    {
        float[][] days = [.. Read(folder, "electricity_halfhourly.csv").Select(row => (float)Number(row["demand_mw"])).Chunk(HalfHoursOfDay)];
        return
        [
            .. days.Zip(days.Skip(1)).Select((pair, day) => new LabelledSeries
            {
                Time = [.. Enumerable.Range(0, HalfHoursOfDay).Select(half => half / 2.0)],
                Channels = [pair.First],
                Static = day % 7,
                Value = pair.Second.Average(),
            }),
        ];
    }

    private static float[][] WithoutLast(float[][] channels) => Array.ConvertAll(channels, values => (float[])[.. values[..^1], float.NaN]);
}
