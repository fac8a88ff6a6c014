using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian.Managed;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Seeds of the noise of a row by its own series.</summary>
internal static class RowSeed
{
    public static long Of(TimeSeries series, long seed)
    {
        ulong key = (ulong)seed;
        foreach (double number in series.Times.Concat(series.Values.SelectMany(values => values.Select(value => (double)value))).Append(series.End))
        {
            key = NormalGenerator.Combine(key, (ulong)BitConverter.DoubleToInt64Bits(double.IsNaN(number) ? double.NaN : number + 0.0));
        }

        return (long)key;
    }
}
