using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Times as numbers, which are days unless the kind is <see cref="TimeKind.Number"/>, told in their kind again.</summary>
internal static class TimeKinds
{
    /// <summary>Annotation of a column of numbers that were made of times of another kind.</summary>
    public const string Annotation = "TimeKind";

    // A Double counts days of this century to a sixth of a microsecond.
    private const long TicksRoundedTo = TimeSpan.TicksPerMicrosecond;

    /// <summary>The kind of a type; <see langword="null"/> where it is none of times.</summary>
    public static TimeKind? Of(Type type) =>
        type == typeof(float) || type == typeof(double) ? TimeKind.Number
        : type == typeof(DateTime) ? TimeKind.DateTime
        : type == typeof(DateTimeOffset) ? TimeKind.DateTimeOffset
        : type == typeof(TimeSpan) ? TimeKind.TimeSpan
        : null;

    /// <summary>The kind of a column of times, or vectors of them.</summary>
    public static TimeKind Of(DataViewSchema.Column column)
    {
        TimeKind kind = Of(column.Type.GetItemType().RawType) ?? TimeKind.Number;
        if (column.Annotations.Schema.GetColumnOrNull(Annotation)?.Type is not TextDataViewType)
        {
            return kind;
        }

        ReadOnlyMemory<char> text = default;
        column.Annotations.GetValue(Annotation, ref text);
        return Enum.TryParse(text.Span, out TimeKind original) ? original : kind;
    }

    /// <summary>Says that a column's numbers were made of times of another kind.</summary>
    public static DataViewSchema.Annotations? ToAnnotations(this TimeKind kind)
    {
        if (kind == TimeKind.Number)
        {
            return null;
        }

        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(Annotation, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = kind.ToString().AsMemory());
        return builder.ToAnnotations();
    }

    public static PrimitiveDataViewType ToType(this TimeKind kind) => kind switch
    {
        TimeKind.DateTime => DateTimeDataViewType.Instance,
        TimeKind.DateTimeOffset => DateTimeOffsetDataViewType.Instance,
        TimeKind.TimeSpan => TimeSpanDataViewType.Instance,
        _ => NumberDataViewType.Double,
    };

    /// <summary>A point in time for a message.</summary>
    public static string Describe(this TimeKind kind, double time) => kind switch
    {
        TimeKind.DateTime or TimeKind.DateTimeOffset when IsDate(time) => ToDateTime(time).ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        TimeKind.TimeSpan when IsSpan(time) => ToTimeSpan(time).ToString("c", CultureInfo.InvariantCulture),
        _ => time.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A length of time for a message.</summary>
    public static string DescribeLength(this TimeKind kind, double length) =>
        string.Create(CultureInfo.InvariantCulture, $"{length}{(kind == TimeKind.Number ? string.Empty : " days")}");

    /// <exception cref="ArgumentOutOfRangeException">There is no such date.</exception>
    public static DateTime ToDateTime(double days) => DateTime.UnixEpoch + ToTimeSpan(days);

    /// <exception cref="ArgumentOutOfRangeException">There is no such date.</exception>
    public static DateTimeOffset ToDateTimeOffset(double days) => ToDateTime(days);

    /// <exception cref="ArgumentOutOfRangeException">There is no such span.</exception>
    public static TimeSpan ToTimeSpan(double days) => IsSpan(days)
        ? new TimeSpan((long)Math.Round(days * TimeSpan.TicksPerDay / TicksRoundedTo) * TicksRoundedTo)
        : throw new ArgumentOutOfRangeException(nameof(days), days, "There is no time of so many days.");

    private static bool IsDate(double days) => days >= (DateTime.MinValue - DateTime.UnixEpoch).TotalDays && days < (DateTime.MaxValue - DateTime.UnixEpoch).TotalDays;

    private static bool IsSpan(double days) => Math.Abs(days) < TimeSpan.MaxValue.TotalDays;
}
