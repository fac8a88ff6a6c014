using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.LatentSde;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained latent-SDE forecaster: an ensemble of networks with their units. Safe to use from several threads at once.</summary>
public sealed class LatentSdeModelParameters : ForecastModelParameters
{
    private readonly double[] _halfWidths;

    /// <exception cref="FormatException">The parts do not say what probability the bounds stand for.</exception>
    internal LatentSdeModelParameters(ForecastParts parts)
        : base(parts)
    {
        double level = parts.ConfidenceLevel ?? throw new FormatException("The model file does not say what probability its bounds stand for.");
        _halfWidths = parts.PathHalfWidths ?? [.. parts.Scaling.Variables.Select(_ => NormalDistribution.Quantile(0.5 * (1 + level)))];
    }

    private protected override string Kind => "Latent-SDE";

    internal static LatentSdeModelParameters Read(DocumentReader reader, SeriesColumns columns) =>
        new(ForecastParts.Read(reader, columns, LatentSdeArchitecture.Read(reader.Section("architecture"))));

    /// <summary>By how much the calibrated bounds stretch paths of the networks.</summary>
    /// <param name="variable">The variable.</param>
    /// <param name="ahead">Time since the last observation.</param>
    internal double Stretch(int variable, double ahead) => IntervalFactors[variable] * ScaleProfile.At(variable, ahead / TrainedHorizon) / _halfWidths[variable];

    /// <summary>Simulates series at given times.</summary>
    /// <param name="series">Series with at least one observation.</param>
    /// <param name="times">Times for each series.</param>
    /// <param name="paths">Number of paths.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <returns>For each series [variables, times, paths] in a row; NaN where there is no forecast.</returns>
    internal float[][] Simulate(IReadOnlyList<TimeSeries> series, IReadOnlyList<double[]> times, int paths, long seed)
    {
        ForecastQuestion question = Ask(series, times);

        // Doubt of where a path sets out from is no noise along it.
        SeriesForecast[] forecasts = Forecast(question.Examples, trustsLast: true);
        long[] seeds = [.. question.Histories.Select(history => RowSeed.Of(series[history.Row], seed))];
        float[] deviations = Evaluate(ensemble => new PathDeviations([.. ensemble.Networks.Cast<LatentSdeNetwork>()], ensemble.Builder).Of(question.Examples, paths, seeds));
        int variables = Scaling.Variables.Length, stride = deviations.Length / question.Examples.Length;
        return [.. series.Select((_, row) =>
        {
            float[] result = new float[variables * times[row].Length * paths];
            for (int v = 0; v < variables; v++)
            {
                int history = question.HistoryOf(row, v);
                for (int m = 0; m < times[row].Length; m++)
                {
                    int slot = (v * times[row].Length) + m;
                    float mean = forecasts[history].Mean[slot];
                    double scale = ((double)forecasts[history].Upper[slot] - mean) / _halfWidths[v];
                    for (int path = 0; path < paths; path++)
                    {
                        result[(slot * paths) + path] = (float)(mean + (scale * deviations[(history * stride) + (((m * paths) + path) * variables) + v]));
                    }
                }
            }

            return result;
        })];
    }
}
