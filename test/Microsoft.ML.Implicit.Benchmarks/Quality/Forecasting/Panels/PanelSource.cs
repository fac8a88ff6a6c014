namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Where a panel comes from.</summary>
/// <param name="Name">Name of the panel.</param>
/// <param name="Create">The panel split, or simulated, by a seed.</param>
/// <param name="Peers">Baselines for this panel beside the usual ones.</param>
internal sealed record PanelSource(string Name, Func<int, Panel> Create, Func<IEnumerable<IForecastBaseline>> Peers)
{
    /// <summary>The panels named, or all: those of a folder and simulated ones.</summary>
    /// <exception cref="ArgumentException">There is no panel of a given name.</exception>
    public static IEnumerable<PanelSource> Find(string folder, IReadOnlyCollection<string> names)
    {
        PanelSource[] all =
        [
            .. PanelData.ReadAll(folder).Select(data => new PanelSource(data.Name, data.Split, () => [])),
            .. PhysiomeData.ReadAll(folder).Select(data => new PanelSource(data.Name, data.Split, () => [])),
            .. ClinicalRecords.ReadAll(folder).Select(data => new PanelSource(ClinicalRecords.Name, data.Split, () => [])),
            .. Spirals(30, 50, 100),
            .. Pendulums(10, 20, 30, 50),
        ];
        string? unknown = names.FirstOrDefault(name => all.All(source => source.Name != name));
        return unknown is null
            ? all.Where(source => names.Count == 0 || names.Contains(source.Name))
            : throw new ArgumentException($"There is no panel '{unknown}'; there are {string.Join(", ", all.Select(source => source.Name))}.", nameof(names));
    }

    private static IEnumerable<PanelSource> Spirals(params int[] percentages) => percentages.Select(percentage =>
        new PanelSource($"spirals_{percentage}", seed => Simulated.Spirals(seed, percentage), () => [new VariationalGatedRecurrent()]));

    private static IEnumerable<PanelSource> Pendulums(params int[] percentages) => percentages.Select(percentage =>
        new PanelSource($"pendulum_{percentage}", seed => Simulated.DoublePendulum(seed, percentage / 100.0), AutoregressiveOdeRnn.AtOnceAndInPasses));
}
