using System.Globalization;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>What members hold.</content>
internal sealed partial class ColumnMember
{
    /// <summary>Reads it as a time.</summary>
    /// <exception cref="ArgumentException">It is of another type.</exception>
    public Func<object, double> AsTime() => TimeKinds.Of(Type) switch
    {
        TimeKind.DateTime => target => TimeReader.ToDays((DateTime)Get(target)!),
        TimeKind.DateTimeOffset => target => TimeReader.ToDays((DateTimeOffset)Get(target)!),
        TimeKind.TimeSpan => target => ((TimeSpan)Get(target)!).TotalDays,
        TimeKind.Number => target => Convert.ToDouble(Get(target), CultureInfo.InvariantCulture),
        _ => throw Mistyped(TimeReader.SupportedTypes),
    };

    /// <summary>Reads it as a number.</summary>
    /// <exception cref="ArgumentException">It is of another type.</exception>
    public Func<object, float> AsNumber() => Type == typeof(float) ? target => (float)Get(target)! : throw Mistyped("Single");

    /// <summary>Reads it as a category; one that is null is missing.</summary>
    /// <param name="isNamed">Whether categories have names; otherwise they are numbers of keys, from 0 on as in the rows that ML.NET makes of objects.</param>
    /// <exception cref="ArgumentException">It is of another type.</exception>
    public Func<object, string> AsCategory(bool isNamed)
    {
        Type[] types = isNamed ? [typeof(string), typeof(ReadOnlyMemory<char>)] : [typeof(byte), typeof(ushort), typeof(uint), typeof(ulong)];
        return !types.Contains(Type) ? throw Mistyped(isNamed ? "String, the name of a category" : "UInt32, the number of a key")
            : isNamed ? target => Get(target)?.ToString() ?? string.Empty
            : target => CategoryReader.OfKey(1 + Convert.ToUInt64(Get(target), CultureInfo.InvariantCulture));
    }
}
