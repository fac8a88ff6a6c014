using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Ranges to which values are winsorised before training looks at them (Tukey, "The future of data analysis", 1962). One value of another order than all
/// others, such as one with a slipped decimal point, would be all that means and deviations tell of.
/// </summary>
internal sealed class UsualRanges
{
    private const double UsualShare = 0.99;
    private const double MostUsualDistances = 10;

    private readonly (double Lowest, double Highest)[] _values;
    private readonly (double Lowest, double Highest)[] _statics;
    private readonly (double Lowest, double Highest)[] _covariates;

    /// <summary>
    /// Up to ten times the distance from the median of a column that 99 of 100 values stay within. Of fewer values all but one count as usual.
    /// </summary>
    public UsualRanges(IReadOnlyList<TimeSeries> series)
    {
        TimeSeries first = series[0];
        _values = Ranges(first.Values.Length, i => series.SelectMany(s => s.Values[i]));
        _statics = Ranges(first.Statics.Length, i => series.Select(s => s.Statics[i]));
        _covariates = Ranges(first.Covariates.Length, i => series.SelectMany(s => s.Covariates[i]));
    }

    /// <summary>The series with values beyond the ranges taken for their ends.</summary>
    public TimeSeries Winsorize(TimeSeries series) => series with
    {
        Values = [.. series.Values.Zip(_values, Winsorize)],
        Statics = [.. series.Statics.Zip(_statics, Winsorize)],
        Covariates = [.. series.Covariates.Zip(_covariates, Winsorize)],
    };

    private static (double Lowest, double Highest)[] Ranges(int count, Func<int, IEnumerable<float>> column) =>
        [.. Enumerable.Range(0, count).Select(i => Range([.. column(i).Where(float.IsFinite).Select(value => (double)value).Order()]))];

    private static (double Lowest, double Highest) Range(double[] ordered)
    {
        if (ordered.Length < 3)
        {
            return (double.NegativeInfinity, double.PositiveInfinity);
        }

        double median = ordered[ordered.Length / 2];
        double[] distances = [.. ordered.Select(value => Math.Abs(value - median)).Order()];
        double usual = distances[Math.Min((int)Math.Ceiling(UsualShare * distances.Length), distances.Length - 1) - 1];

        // Where nearly all values are the same, the others are what there is to learn.
        double farthest = usual > 0 ? MostUsualDistances * usual : double.PositiveInfinity;
        return (median - farthest, median + farthest);
    }

    private static float[] Winsorize(float[] values, (double Lowest, double Highest) range) => [.. values.Select(value => Winsorize(value, range))];

    private static float Winsorize(float value, (double Lowest, double Highest) range) =>
        float.IsFinite(value) ? (float)Math.Clamp(value, range.Lowest, range.Highest) : value;
}
