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
    };

    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds)
    {
        foreach ((string name, Func<string, int, Panel> load) in Sets.Where(set => names.Count == 0 || names.Contains(set.Key)))
        {
            var errors = new Dictionary<string, List<double[]>>();
            var seconds = new Dictionary<string, double>();
            var coverage = new List<double[]>();
            for (int seed = 1; seed <= seeds; seed++)
            {
                Panel panel = load(folder, seed);
                var latent = new LatentOdeEntry();
                foreach (IForecastBaseline entry in (IForecastBaseline[])[latent, new LastObservation(), new HorizonRegression(), new SeasonalNaive()])
                {
                    long start = Stopwatch.GetTimestamp();
                    float[][][] answers = entry.Answer(panel, seed);
                    seconds[entry.Name] = seconds.GetValueOrDefault(entry.Name) + Stopwatch.GetElapsedTime(start).TotalSeconds;
                    errors.TryAdd(entry.Name, []);
                    errors[entry.Name].Add(RootMeanSquareErrors(panel, answers));
                }

                coverage.Add(latent.Coverage);
            }

            Print(name, errors, seconds, coverage, seeds);
        }
    }

    private static void Print(string name, Dictionary<string, List<double[]>> errors, Dictionary<string, double> seconds, List<double[]> coverage, int seeds)
    {
        Console.WriteLine($"{name}: root mean square error of each variable, its geometric mean, seconds");
        foreach ((string entry, List<double[]> values) in errors)
        {
            double[] means = Mean(values);
            double geometric = Math.Exp(means.Average(Math.Log));
            Console.WriteLine($"{entry,-24}\t{Format(means)}\t{Format([geometric])}\t{(seconds[entry] / seeds).ToString("F1", CultureInfo.InvariantCulture)}");
        }

        Console.WriteLine($"{"coverage at 95 %",-24}\t{Format(Mean(coverage))}");
    }

    private static double[] Mean(List<double[]> values) => [.. Enumerable.Range(0, values[0].Length).Select(v => values.Average(row => row[v]))];

    private static string Format(double[] values) => string.Join('\t', values.Select(value => value.ToString("G4", CultureInfo.InvariantCulture)));

    private static double[] RootMeanSquareErrors(Panel panel, float[][][] answers)
    {
        int variables = panel.Train[0].VariableCount;
        double[] sums = new double[variables];
        double[] counts = new double[variables];
        for (int q = 0; q < answers.Length; q++)
        {
            for (int v = 0; v < variables; v++)
            {
                for (int m = 0; m < answers[q][v].Length; m++)
                {
                    double truth = panel.Questions[q].Truth[v][m];
                    if (double.IsFinite(truth))
                    {
                        sums[v] += (answers[q][v][m] - truth) * (answers[q][v][m] - truth);
                        counts[v]++;
                    }
                }
            }
        }

        return [.. sums.Zip(counts, (sum, count) => Math.Sqrt(sum / count))];
    }
}
