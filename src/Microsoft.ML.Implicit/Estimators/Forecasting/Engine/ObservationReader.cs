using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads observations from objects whose members stand for the forecaster's columns.</summary>
/// <typeparam name="TObservation">Class of the objects.</typeparam>
internal sealed class ObservationReader<TObservation>
    where TObservation : class
{
    private readonly ColumnMember _timeMember;
    private readonly Func<object, double> _time;
    private readonly Func<object, float>[] _values;
    private readonly MixedMembers _statics;

    /// <exception cref="ArgumentException">A member is missing or has the wrong type.</exception>
    public ObservationReader(SeriesColumns columns, SeriesCategories categories)
    {
        _timeMember = ColumnMember.Find(typeof(TObservation), columns.Times);
        _time = _timeMember.AsTime();
        TimeKind = TimeKinds.Of(_timeMember.Type)!.Value;
        _values = [.. columns.Values.Select(column => ColumnMember.Find(typeof(TObservation), column).AsNumber())];
        _statics = new MixedMembers(typeof(TObservation), columns.Statics, categories.Statics);
    }

    /// <summary>How observations tell time.</summary>
    public TimeKind TimeKind { get; }

    public double ReadTime(TObservation observation) => _time(observation);

    public float[] ReadValues(TObservation observation) => [.. _values.Select(value => value(observation))];

    public float[] ReadStatics(TObservation observation) => _statics.ReadNumbers(observation);

    public string[] ReadStaticCategories(TObservation observation) => _statics.ReadCategories(observation);

    /// <summary>Dates as observations tell time.</summary>
    /// <exception cref="ArgumentException">Observations tell no dates.</exception>
    public double[] ToTimes(IEnumerable<DateTime> dates) => TimeKind is TimeKind.DateTime or TimeKind.DateTimeOffset
        ? [.. dates.Select(TimeReader.ToDays)]
        : throw new ArgumentException($"{_timeMember.Describe()} is {_timeMember.Type.Name} and tells no dates: give times in its unit.", nameof(dates));
}
