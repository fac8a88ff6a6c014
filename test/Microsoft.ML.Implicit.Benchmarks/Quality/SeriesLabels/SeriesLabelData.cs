namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>A data set of labelled series, split into what is trained on and what is asked for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Split">Gives both parts for a seed.</param>
internal sealed record SeriesLabelData(string Name, Func<int, (LabelledSeries[] Train, LabelledSeries[] Test)> Split)
{
    private const double TestShare = 0.3;

    /// <summary>Sets whose labels are classes.</summary>
    public static SeriesLabelData[] Classes(string folder) =>
    [
        new("speech", GeneratedLabels.Speech),
        new("a5", seed => GeneratedLabels.AlternatingGroup(seed, areLonger: false)),
        new("a5-longer", seed => GeneratedLabels.AlternatingGroup(seed, areLonger: true)),
        new("parity", seed => GeneratedLabels.Parity(seed, areLonger: false)),
        new("parity-longer", seed => GeneratedLabels.Parity(seed, areLonger: true)),
        Real("pbcseq", () => RecordedLabels.Deaths(folder)),
        Real("storms", () => RecordedLabels.Hurricanes(folder)),
        Real("remifentanil", () => RecordedLabels.AgeGroups(folder)),
    ];

    /// <summary>Sets whose labels are numbers.</summary>
    public static SeriesLabelData[] Values(string folder) =>
    [
        new("area", GeneratedValues.Area),
        new("crossings", GeneratedValues.Crossings),
        new("ornstein-uhlenbeck", GeneratedValues.Reversion),
        Real("pbcseq", () => RecordedValues.Bilirubin(folder)),
        Real("storms", () => RecordedValues.StrongestWind(folder)),
        Real("remifentanil", () => RecordedValues.Age(folder)),
        Real("quinidine", () => RecordedValues.LastConcentration(folder)),
        Real("electricity", () => RecordedValues.DemandOfNextDay(folder)),
    ];

    private static SeriesLabelData Real(string name, Func<LabelledSeries[]> read) => new(name, seed =>
    {
        LabelledSeries[] all = read();
        new Random(seed).Shuffle(all);
        int held = (int)Math.Round(TestShare * all.Length);
        return (all[held..], all[..held]);
    });
}
