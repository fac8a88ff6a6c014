using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Weighted means of what networks and a regression forecast (Breiman, "Stacked regressions", 1996).</summary>
/// <param name="Regression">The regression.</param>
/// <param name="NetworkShares">Weight of the networks in the forecast of each variable, from 0 to 1; what is left is the regression's.</param>
internal sealed record ForecastBlend(HistoryRegression Regression, double[] NetworkShares)
{
    private const string SharesName = "network_shares";

    /// <summary>Blends what networks forecast with the regression.</summary>
    /// <param name="means">What networks forecast, in change scales, [examples, targets, variables]; overwritten.</param>
    /// <param name="examples">The examples.</param>
    public void Apply(float[] means, IReadOnlyList<ForecastExample> examples)
    {
        float[] changes = Regression.Forecast(examples, means.Length / examples.Count / NetworkShares.Length);
        for (int i = 0; i < means.Length; i++)
        {
            means[i] = changes[i] + ((float)NetworkShares[i % NetworkShares.Length] * (means[i] - changes[i]));
        }
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write(SharesName, NetworkShares);
        Regression.Write(writer.Section("regression"));
    }

    /// <summary>Reads a blend, or <see langword="null"/> from files of earlier versions, whose networks forecast alone.</summary>
    /// <exception cref="FormatException">The blend is impossible.</exception>
    public static ForecastBlend? Read(DocumentReader reader, SeriesScaling scaling)
    {
        if (reader.OptionalTensor(SharesName) is null)
        {
            return null;
        }

        double[] shares = reader.Doubles(SharesName);
        return shares.Length == scaling.Variables.Length && Array.TrueForAll(shares, share => share is >= 0 and <= 1)
            ? new ForecastBlend(HistoryRegression.Read(reader.Section("regression"), scaling), shares)
            : throw new FormatException("The model file describes impossible shares of forecasts.");
    }
}
