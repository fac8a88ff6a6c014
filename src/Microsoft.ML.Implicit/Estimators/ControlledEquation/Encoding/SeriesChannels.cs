using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>All that is observed of a series at the times of all of it, up to its last row.</summary>
/// <param name="Times">Increasing times, one at least.</param>
/// <param name="Values">Numbers of each channel, NaN where it was not observed: variables first, then numeric covariates.</param>
/// <param name="Categories">Categories of each column of such, empty where none was observed.</param>
internal sealed record SeriesChannels(double[] Times, float[][] Values, string[][] Categories)
{
    public static SeriesChannels Of(TimeSeries series)
    {
        double[] times = [.. series.Times.Concat(series.CovariateTimes).Append(series.End).Distinct().Order()];
        int[] observations = Places(times, series.Times), covariates = Places(times, series.CovariateTimes);
        return new SeriesChannels(
            times,
            [.. series.Values.Select(values => Spread(values, observations, times.Length, float.NaN)), .. series.Covariates.Select(values => Spread(values, covariates, times.Length, float.NaN))],
            [.. series.CovariateCategories.Select(values => Spread(values, covariates, times.Length, string.Empty))]);
    }

    private static int[] Places(double[] times, double[] part) => Array.ConvertAll(part, time => Array.BinarySearch(times, time));

    private static T[] Spread<T>(T[] values, int[] places, int length, T missing)
    {
        var spread = new T[length];
        Array.Fill(spread, missing);
        for (int i = 0; i < values.Length; i++)
        {
            spread[places[i]] = values[i];
        }

        return spread;
    }
}
