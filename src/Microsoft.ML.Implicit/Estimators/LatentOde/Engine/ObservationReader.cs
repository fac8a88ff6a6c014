using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads observations from objects whose members stand for the forecaster's columns.</summary>
/// <typeparam name="TObservation">Class of the objects.</typeparam>
internal sealed class ObservationReader<TObservation>
    where TObservation : class
{
    private readonly ColumnMember _timeMember;
    private readonly Func<TObservation, double> _time;
    private readonly Func<TObservation, float>[] _values;
    private readonly Func<TObservation, float>[] _statics;

    /// <exception cref="ArgumentException">A member is missing or has the wrong type.</exception>
    public ObservationReader(SeriesColumns columns)
    {
        _timeMember = ColumnMember.Find(typeof(TObservation), columns.Times);
        TimeKind = TimeKinds.Of(_timeMember.Type) ?? throw _timeMember.Mistyped(TimeReader.SupportedTypes);
        _time = Time(_timeMember);
        _values = [.. columns.Values.Select(Number)];
        _statics = [.. columns.Statics.Select(Number)];
    }

    /// <summary>How observations tell time.</summary>
    public TimeKind TimeKind { get; }

    public double ReadTime(TObservation observation) => _time(observation);

    public float[] ReadValues(TObservation observation) => [.. _values.Select(value => value(observation))];

    public float[] ReadStatics(TObservation observation) => [.. _statics.Select(value => value(observation))];

    /// <summary>Dates as observations tell time.</summary>
    /// <exception cref="ArgumentException">Observations tell no dates.</exception>
    public double[] ToTimes(IEnumerable<DateTime> dates) => TimeKind is TimeKind.DateTime or TimeKind.DateTimeOffset
        ? [.. dates.Select(TimeReader.ToDays)]
        : throw new ArgumentException($"{_timeMember.Describe()} is {_timeMember.Type.Name} and tells no dates: give times in its unit.", nameof(dates));

    private static Func<TObservation, double> Time(ColumnMember member) => member.Type switch
    {
        var type when type == typeof(DateTime) => observation => TimeReader.ToDays((DateTime)member.Get(observation)!),
        var type when type == typeof(DateTimeOffset) => observation => TimeReader.ToDays((DateTimeOffset)member.Get(observation)!),
        var type when type == typeof(TimeSpan) => observation => ((TimeSpan)member.Get(observation)!).TotalDays,
        var type when type == typeof(float) => observation => (float)member.Get(observation)!,
        _ => observation => (double)member.Get(observation)!,
    };

    private static Func<TObservation, float> Number(string column)
    {
        ColumnMember member = ColumnMember.Find(typeof(TObservation), column);
        return member.Type == typeof(float) ? observation => (float)member.Get(observation)! : throw member.Mistyped("Single");
    }
}
