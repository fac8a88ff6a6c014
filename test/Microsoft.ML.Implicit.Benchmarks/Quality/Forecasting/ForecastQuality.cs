using System.Diagnostics;
using System.Globalization;

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
        foreach ((string name, Func<string, int, Panel> load) in Sets.Where(set => names.Count == 0 || names.Contains(set.Key)))
        {
            var errors = new Dictionary<string, List<PanelErrors>>();
            var seconds = new Dictionary<string, double>();
            var coverage = new List<double[]>();
            for (int seed = 1; seed <= seeds; seed++)
            {
                Panel panel = load(folder, seed);
                var latent = new LatentOdeEntry();
                foreach (IForecastBaseline entry in (IForecastBaseline[])[latent, .. Baselines(name)])
                {
                    TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;
                    float[][][] answers = entry.Answer(panel, seed);
                    seconds[entry.Name] = seconds.GetValueOrDefault(entry.Name) + (Process.GetCurrentProcess().TotalProcessorTime - start).TotalSeconds;
                    errors.TryAdd(entry.Name, []);
                    errors[entry.Name].Add(PanelErrors.Measure(panel, answers));
                }

                coverage.Add(latent.Coverage);
                Print(name, errors, seconds, coverage);
            }
        }
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

    private static void Print(string name, Dictionary<string, List<PanelErrors>> errors, Dictionary<string, double> seconds, List<double[]> coverage)
    {
        Console.WriteLine($"{name}, mean of seeds 1 to {coverage.Count}: root mean square error of each variable, of all together, geometric mean, processor seconds");
        foreach ((string entry, List<PanelErrors> values) in errors)
        {
            PanelErrors mean = PanelErrors.Mean(values);
            Console.WriteLine($"{entry,-24}\t{Format([.. mean.Variables, mean.Overall, mean.GeometricMean])}\t{(seconds[entry] / coverage.Count).ToString("F1", CultureInfo.InvariantCulture)}");
        }

        double[] covered = [.. coverage[0].Select((_, v) => coverage.Average(seed => seed[v]))];
        Console.WriteLine($"{"coverage at 95 %",-24}\t{Format(covered)}");
    }

    private static string Format(double[] values) => string.Join('\t', values.Select(value => value.ToString("G4", CultureInfo.InvariantCulture)));
}
