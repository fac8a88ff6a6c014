using System.Diagnostics;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Errors of the latent-ODE forecaster with default options beside baselines trained on the same series.</summary>
internal static class ForecastQuality
{
    private static readonly Dictionary<string, Func<string, int, Panel>> Sets = new()
    {
        ["pbcseq"] = PanelData.Pbcseq,
        ["storms"] = PanelData.Storms,
        ["remifentanil"] = PanelData.Remifentanil,
        ["co2_weekly"] = PanelData.Carbon,
        ["elnino_sst"] = PanelData.ElNino,
        ["spirals_30"] = (_, seed) => Simulated.Spirals(seed, 30),
        ["spirals_50"] = (_, seed) => Simulated.Spirals(seed, 50),
        ["spirals_100"] = (_, seed) => Simulated.Spirals(seed, 100),
        ["pendulum_10"] = (_, seed) => Simulated.DoublePendulum(seed, 0.1),
        ["pendulum_20"] = (_, seed) => Simulated.DoublePendulum(seed, 0.2),
        ["pendulum_30"] = (_, seed) => Simulated.DoublePendulum(seed, 0.3),
        ["pendulum_50"] = (_, seed) => Simulated.DoublePendulum(seed, 0.5),
    };

    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds)
    {
        Dictionary<string, ForecastTable> tables = Sets.Keys.Where(set => names.Count == 0 || names.Contains(set)).ToDictionary(set => set, set => new ForecastTable(set));
        for (int seed = 1; seed <= seeds; seed++)
        {
            foreach ((string name, ForecastTable table) in tables)
            {
                Measure(table, Sets[name](folder, seed), Baselines(name), seed);
                table.Print();
            }
        }
    }

    private static void Measure(ForecastTable table, Panel panel, IEnumerable<IForecastBaseline> baselines, int seed)
    {
        var latent = new LatentOdeEntry();
        foreach (IForecastBaseline entry in baselines.Prepend(latent))
        {
            TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;
            float[][][] answers = entry.Answer(panel, seed);
            table.Add(entry.Name, PanelErrors.Measure(panel, answers), (Process.GetCurrentProcess().TotalProcessorTime - start).TotalSeconds);
        }

        table.Add(latent.Coverage);
    }

    private static IEnumerable<IForecastBaseline> Baselines(string name)
    {
        yield return new LastObservation();
        if (name is "co2_weekly" or "elnino_sst")
        {
            yield return new SeasonalNaive();
            yield break;
        }

        yield return new HorizonRegression();
        yield return new GatedRecurrent();
        if (name.StartsWith("spirals", StringComparison.Ordinal))
        {
            yield return new VariationalGatedRecurrent();
        }
        else if (name.StartsWith("pendulum", StringComparison.Ordinal))
        {
            var autoregressive = new AutoregressiveOdeRnn();
            yield return autoregressive;
            yield return autoregressive.InPasses;
        }
    }
}
