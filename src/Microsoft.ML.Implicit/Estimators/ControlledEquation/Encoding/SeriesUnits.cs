using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Units of time, channels and static values, learned from the training series, in which a network sees them.</summary>
/// <param name="MedianGap">Median distance of neighbouring times.</param>
/// <param name="Span">Median span of a series.</param>
/// <param name="Points">Mean number of times of a series.</param>
/// <param name="Centers">Mean of each numeric channel.</param>
/// <param name="Scales">Its standard deviation.</param>
/// <param name="PartialChannels">Channels, among them the indicators of categories, that are not observed at every time.</param>
/// <param name="StaticCenters">Mean of each static number.</param>
/// <param name="StaticScales">Its standard deviation.</param>
/// <param name="Categories">What training saw in columns of categories.</param>
internal sealed record SeriesUnits(
    double MedianGap,
    double Span,
    double Points,
    double[] Centers,
    double[] Scales,
    int[] PartialChannels,
    double[] StaticCenters,
    double[] StaticScales,
    SeriesCategories Categories)
{
    private const double LongestGap = 1e9;

    private int ChannelCount => Centers.Length + Categories.Covariates.Sum(vocabulary => vocabulary.Count);

    private int StaticCount => StaticCenters.Length + Categories.Statics.Sum(vocabulary => vocabulary.Count);

    public SeriesShape Shape => new(ChannelCount, PartialChannels, StaticCount, Span / MedianGap, Points);

    public static SeriesUnits Learn(SeriesSet set)
    {
        var ranges = new UsualRanges(set.Series);
        TimeSeries[] series = [.. set.Series.Select(ranges.Winsorize)];
        SeriesCategories categories = SeriesCategories.Learn(series, set.Categories);
        SeriesChannels[] all = [.. series.Select(SeriesChannels.Of)];
        double[] gaps = [.. all.SelectMany(channels => channels.Times.Skip(1).Zip(channels.Times, (next, time) => next - time)).Order()];
        double gap = gaps.Length == 0 ? 1 : gaps[gaps.Length / 2];
        double[] spans = [.. all.Select(channels => channels.Times[^1] - channels.Times[0]).Order()];
        (double[] centers, double[] scales) = Moments(all[0].Values.Length, channel => all.SelectMany(channels => channels.Values[channel]));
        (double[] staticCenters, double[] staticScales) = Moments(series[0].Statics.Length, i => series.Select(s => s.Statics[i]));
        return new SeriesUnits(
            gap, Math.Max(spans[spans.Length / 2], gap), all.Average(channels => channels.Times.Length), centers, scales, Partial(all, categories), staticCenters, staticScales, categories);
    }

    /// <summary>A series in these units.</summary>
    public EncodedChannels Encode(TimeSeries series)
    {
        SeriesChannels channels = SeriesChannels.Of(series);
        float[] values = new float[channels.Times.Length * ChannelCount];
        for (int i = 0; i < channels.Times.Length; i++)
        {
            IEnumerable<float> numbers = channels.Values.Select((channel, c) => Standardize(channel[i], Centers[c], Scales[c]));
            IEnumerable<float> indicators = channels.Categories.SelectMany((column, c) => Indicators(column[i], Categories.Covariates[c]));
            numbers.Concat(indicators).ToArray().CopyTo(values, i * ChannelCount);
        }

        float[] statics =
        [
            .. series.Statics.Select((value, i) => float.IsFinite(value) ? Standardize(value, StaticCenters[i], StaticScales[i]) : 0),
            .. series.StaticCategories.SelectMany((category, i) => Categories.Statics[i].Encode(category)),
        ];
        return new EncodedChannels(Encode(channels.Times), values, statics, series.Label, series.Weight);
    }

    /// <summary>Whether series of these columns can be told in these units.</summary>
    public bool Fits(SeriesColumns columns) =>
        Categories.Fits(columns, StaticCenters.Length, Centers.Length - columns.Values.Length)
        && Array.TrueForAll(PartialChannels, channel => channel >= 0 && channel < ChannelCount);

    public void Write(DocumentWriter writer)
    {
        writer.Write("median_gap", MedianGap);
        writer.Write("span", Span);
        writer.Write("points", Points);
        writer.Write("centers", Centers);
        writer.Write("scales", Scales);
        writer.Write("partial_channels", PartialChannels);
        writer.Write("static_centers", StaticCenters);
        writer.Write("static_scales", StaticScales);
        Categories.Write(writer.Section("categories"));
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static SeriesUnits Read(DocumentReader reader)
    {
        var units = new SeriesUnits(
            reader.Double("median_gap"),
            reader.Double("span"),
            reader.Double("points"),
            Measurements.Checked(reader.Doubles("centers")),
            reader.Doubles("scales"),
            reader.Int32s("partial_channels"),
            Measurements.Checked(reader.Doubles("static_centers")),
            reader.Doubles("static_scales"),
            SeriesCategories.Read(reader.Section("categories")));
        return units.IsPossible ? units : throw new FormatException("The model file describes impossible units of series.");
    }

    private bool IsPossible =>
        Measurements.IsUnit(MedianGap) && Measurements.IsUnit(Span) && Measurements.IsUnit(Span / MedianGap) && Points is >= 1 and <= int.MaxValue
        && Centers.Length == Scales.Length && StaticCenters.Length == StaticScales.Length
        && Array.TrueForAll(Scales, Measurements.IsUnit) && Array.TrueForAll(StaticScales, Measurements.IsUnit)
        && PartialChannels.Distinct().Count() == PartialChannels.Length;

    // Times after the first one. A pause beyond all measure, such as that before a time that is none, is as long as the longest that a network can tell.
    private double[] Encode(double[] times)
    {
        double[] gaps = [.. times.Skip(1).Zip(times, (next, time) => (next - time) / MedianGap)];
        if (Array.TrueForAll(gaps, gap => gap <= LongestGap))
        {
            return Array.ConvertAll(times, time => (time - times[0]) / MedianGap);
        }

        double sum = 0;
        return [0, .. gaps.Select(gap => sum += Math.Min(gap, LongestGap))];
    }

    private static float Standardize(float value, double center, double scale) => float.IsFinite(value) ? SeriesScaling.Clip((value - center) / scale) : float.NaN;

    private static float[] Indicators(string category, CategoryVocabulary vocabulary)
    {
        float[] indicators = vocabulary.Encode(category);
        return category.Length == 0 ? Array.ConvertAll(indicators, _ => float.NaN) : indicators;
    }

    private static int[] Partial(SeriesChannels[] all, SeriesCategories categories)
    {
        bool[] numbers = [.. Enumerable.Range(0, all[0].Values.Length).Select(channel => all.Any(channels => Array.Exists(channels.Values[channel], float.IsNaN)))];
        IEnumerable<bool> indicators = categories.Covariates.SelectMany((vocabulary, column) =>
            Enumerable.Repeat(all.Any(channels => Array.Exists(channels.Categories[column], string.IsNullOrEmpty)), vocabulary.Count));
        return [.. numbers.Concat(indicators).Index().Where(channel => channel.Item).Select(channel => channel.Index)];
    }

    private static (double[] Centers, double[] Scales) Moments(int count, Func<int, IEnumerable<float>> values)
    {
        (double[] centers, double[] scales) = (new double[count], new double[count]);
        for (int i = 0; i < count; i++)
        {
            double[] known = [.. values(i).Where(float.IsFinite).Select(value => (double)value).DefaultIfEmpty(0)];
            centers[i] = known.Average();
            double scale = Math.Sqrt(known.Average(value => (value - centers[i]) * (value - centers[i])));
            scales[i] = Measurements.IsUnit(scale) ? scale : 1;
        }

        return (centers, scales);
    }
}
