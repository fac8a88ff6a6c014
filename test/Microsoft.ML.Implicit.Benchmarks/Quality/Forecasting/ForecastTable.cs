using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Errors of all forecasters on one data set, seed by seed.</summary>
/// <param name="name">Name of the data set.</param>
internal sealed class ForecastTable(string name)
{
    private readonly Dictionary<string, List<PanelErrors>> _errors = [];
    private readonly Dictionary<string, double> _seconds = [];
    private readonly List<double[]> _coverage = [];

    public void Add(string forecaster, PanelErrors errors, double seconds)
    {
        _errors.TryAdd(forecaster, []);
        _errors[forecaster].Add(errors);
        _seconds[forecaster] = _seconds.GetValueOrDefault(forecaster) + seconds;
    }

    /// <param name="coverage">Fraction of the values within the latent ODE's bounds, for each variable.</param>
    public void Add(double[] coverage) => _coverage.Add(coverage);

    /// <summary>Prints the mean of the seeds so far.</summary>
    public void Print()
    {
        Console.WriteLine($"{name}, mean of seeds 1 to {_coverage.Count}: root mean square error of each variable, of all together, geometric mean, processor seconds");
        foreach ((string forecaster, List<PanelErrors> seeds) in _errors)
        {
            PanelErrors mean = PanelErrors.Mean(seeds);
            string seconds = (_seconds[forecaster] / seeds.Count).ToString("F1", CultureInfo.InvariantCulture);
            Console.WriteLine($"{forecaster,-24}\t{Format([.. mean.Variables, mean.Overall, mean.GeometricMean])}\t{seconds}");
        }

        double[] covered = [.. _coverage[0].Select((_, v) => _coverage.Average(seed => seed[v]))];
        Console.WriteLine($"{"coverage at 95 %",-24}\t{Format(covered)}");
    }

    private static string Format(double[] values) => string.Join('\t', values.Select(value => value.ToString("G4", CultureInfo.InvariantCulture)));
}
