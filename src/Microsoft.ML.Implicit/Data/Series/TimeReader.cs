using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>
/// Reads times as Double. Numbers are taken as they are; <see cref="DateTime"/>, <see cref="DateTimeOffset"/> and
/// <see cref="TimeSpan"/> become days, counted for points in time from 1970-01-01 UTC. A <see cref="DateTime"/> of kind
/// Local is converted to UTC, one of unspecified kind is taken as UTC.
/// </summary>
internal static class TimeReader
{
    public const string SupportedTypes = "Single, Double, DateTime, DateTimeOffset or TimeSpan";

    /// <summary>What is said of times that <see cref="IsCoarse"/> is true of, behind their number.</summary>
    public const string CoarseTimes = "times lie beyond 16,777,216 in a column of Single, which does not tell every two whole numbers apart there: observations may fall together. Load the column as Double";

    // From here on Single leaves out whole numbers.
    private const double LargestExactSingle = 1 << 24;

    public static bool IsTime(DataViewType type) => TimeKinds.Of(type.RawType) is not null;

    /// <summary>Whether a time is too far from 0 for its column's type, as seconds since 1970 are for Single.</summary>
    public static bool IsCoarse(DataViewType type, double time) => type.GetItemType() == NumberDataViewType.Single && Math.Abs(time) > LargestExactSingle;

    /// <summary>Reads a column of one time a row.</summary>
    public static Func<double> CreateScalar(DataViewRow row, DataViewSchema.Column column) => column.Type switch
    {
        DateTimeDataViewType => Scalar<DateTime>(row, column, ToDays),
        DateTimeOffsetDataViewType => Scalar<DateTimeOffset>(row, column, ToDays),
        TimeSpanDataViewType => Scalar<TimeSpan>(row, column, time => time.TotalDays),
        _ when column.Type == NumberDataViewType.Single => Scalar<float>(row, column, time => time),
        _ => Scalar<double>(row, column, time => time),
    };

    /// <summary>Reads a column of a vector of times a row.</summary>
    public static Func<double[]> CreateVector(DataViewRow row, DataViewSchema.Column column)
    {
        DataViewType item = ((VectorDataViewType)column.Type).ItemType;
        return item switch
        {
            DateTimeDataViewType => Vector<DateTime>(row, column, ToDays),
            DateTimeOffsetDataViewType => Vector<DateTimeOffset>(row, column, ToDays),
            TimeSpanDataViewType => Vector<TimeSpan>(row, column, time => time.TotalDays),
            _ when item == NumberDataViewType.Single => Vector<float>(row, column, time => time),
            _ => Vector<double>(row, column, time => time),
        };
    }

    public static double ToDays(DateTime time) =>
        ((time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time) - DateTime.UnixEpoch.ToUniversalTime()).TotalDays;

    public static double ToDays(DateTimeOffset time) => ToDays(time.UtcDateTime);

    private static Func<double> Scalar<T>(DataViewRow row, DataViewSchema.Column column, Func<T, double> convert)
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        T value = default!;
        return () =>
        {
            getter(ref value);
            return convert(value);
        };
    }

    private static Func<double[]> Vector<T>(DataViewRow row, DataViewSchema.Column column, Func<T, double> convert)
    {
        var reader = new VectorReader<T>(row, column);
        return () => Array.ConvertAll(reader.ReadArray(), time => convert(time));
    }
}
