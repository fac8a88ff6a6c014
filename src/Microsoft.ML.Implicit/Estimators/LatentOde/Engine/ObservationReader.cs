using System.Reflection;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads observations from objects whose properties are named like the forecaster's columns.</summary>
/// <typeparam name="TObservation">Class of the objects.</typeparam>
internal sealed class ObservationReader<TObservation>
    where TObservation : class
{
    private readonly Func<TObservation, double> _time;
    private readonly Func<TObservation, float>[] _values;
    private readonly Func<TObservation, float>[] _statics;

    /// <exception cref="ArgumentException">A property is missing or has the wrong type.</exception>
    public ObservationReader(SeriesColumns columns)
    {
        _time = Time(columns.Times);
        _values = [.. columns.Values.Select(Number)];
        _statics = [.. columns.Statics.Select(Number)];
    }

    public double ReadTime(TObservation observation) => _time(observation);

    public float[] ReadValues(TObservation observation) => [.. _values.Select(value => value(observation))];

    public float[] ReadStatics(TObservation observation) => [.. _statics.Select(value => value(observation))];

    private static Func<TObservation, double> Time(string name)
    {
        PropertyInfo property = Find(name);
        return property.GetValue(Activator.CreateInstance<TObservation>()) switch
        {
            double => observation => (double)property.GetValue(observation)!,
            float => observation => (float)property.GetValue(observation)!,
            DateTime => observation => TimeReader.ToDays((DateTime)property.GetValue(observation)!),
            DateTimeOffset => observation => TimeReader.ToDays(((DateTimeOffset)property.GetValue(observation)!).UtcDateTime),
            TimeSpan => observation => ((TimeSpan)property.GetValue(observation)!).TotalDays,
            _ => throw new ArgumentException($"Property '{name}' of {typeof(TObservation).Name} is {property.PropertyType.Name}; expected {TimeReader.SupportedTypes}."),
        };
    }

    private static Func<TObservation, float> Number(string name)
    {
        PropertyInfo property = Find(name);
        return property.PropertyType == typeof(float)
            ? observation => (float)property.GetValue(observation)!
            : throw new ArgumentException($"Property '{name}' of {typeof(TObservation).Name} is {property.PropertyType.Name}; expected Single.");
    }

    private static PropertyInfo Find(string name) =>
        typeof(TObservation).GetProperty(name) ?? throw new ArgumentException($"{typeof(TObservation).Name} has no property '{name}'.");
}
