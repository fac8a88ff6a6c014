using System.Globalization;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Quantiles beside a forecast, by how far each lies from it in half-widths of its bounds: what widens the bounds, such as a gap or a time far ahead, widens
/// the quantiles in proportion.
/// </summary>
/// <param name="Levels">Probabilities, rising.</param>
/// <param name="Ratios">Signed, [levels][variables].</param>
internal sealed record ForecastQuantiles(double[] Levels, double[][] Ratios)
{
    private const string LevelsName = "quantile_levels";

    public static ForecastQuantiles None { get; } = new([], []);

    /// <summary>Makes quantiles of half-widths, in predicted scales, of the central intervals that hold a value with given probabilities.</summary>
    /// <param name="levels">Probabilities, rising.</param>
    /// <param name="halfWidths">Those of the bounds, [variables].</param>
    /// <param name="halfWidthsOf">Those of any central interval, [variables].</param>
    public static ForecastQuantiles Create(double[] levels, double[] halfWidths, Func<double, double[]> halfWidthsOf)
    {
        double[][] ratios = [.. levels.Select(level => level == 0.5
            ? new double[halfWidths.Length]
            : [.. halfWidthsOf(Math.Abs((2 * level) - 1)).Zip(halfWidths, (half, bound) => bound > 0 ? Math.Sign(level - 0.5) * half / bound : 0)])];

        // Estimates of their own can cross (Chernozhukov, Fernández-Val and Galichon, "Quantile and probability curves without crossing", 2010).
        for (int v = 0; v < halfWidths.Length; v++)
        {
            double[] ordered = [.. ratios.Select(ratio => ratio[v]).Order()];
            for (int i = 0; i < ordered.Length; i++)
            {
                ratios[i][v] = ordered[i];
            }
        }

        return new ForecastQuantiles(levels, ratios);
    }

    /// <summary>Quantiles of a forecast, [variables, times, levels] in a row.</summary>
    public float[] Of(SeriesForecast forecast)
    {
        float[] quantiles = new float[forecast.Mean.Length * Levels.Length];
        int times = forecast.Mean.Length / Ratios[0].Length;
        for (int i = 0; i < quantiles.Length; i++)
        {
            (int slot, int level) = Math.DivRem(i, Levels.Length);
            double half = (double)forecast.Upper[slot] - forecast.Mean[slot];
            quantiles[i] = (float)(forecast.Mean[slot] + (Ratios[level][slot / times] * half));
        }

        return quantiles;
    }

    /// <summary>Name of a quantile of what a slot forecasts, such as <c>Bilirubin+90@0.9</c>.</summary>
    public IEnumerable<string> SlotNames(string slot) => Levels.Select(level => string.Create(CultureInfo.InvariantCulture, $"{slot}@{level}"));

    public void Write(DocumentWriter writer)
    {
        if (Levels.Length > 0)
        {
            writer.Write(LevelsName, Levels);
            writer.Write("quantile_ratios", [.. Ratios.SelectMany(ratios => ratios)]);
        }
    }

    /// <exception cref="FormatException">The quantiles are impossible.</exception>
    public static ForecastQuantiles Read(DocumentReader reader, int variables)
    {
        if (reader.OptionalTensor(LevelsName) is null)
        {
            return None;
        }

        double[] levels = reader.Doubles(LevelsName), ratios = Measurements.Checked(reader.Doubles("quantile_ratios"));
        return AreLevels(levels) && ratios.Length == levels.Length * variables
            ? new ForecastQuantiles(levels, [.. ratios.Chunk(variables)])
            : throw new FormatException("The model file describes impossible quantiles.");
    }

    /// <summary>Whether numbers are rising probabilities.</summary>
    public static bool AreLevels(double[] levels) =>
        Array.TrueForAll(levels, level => level is > 0 and < 1) && levels.Zip(levels.Skip(1)).All(pair => pair.First < pair.Second);
}
