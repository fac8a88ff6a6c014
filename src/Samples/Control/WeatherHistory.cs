namespace Microsoft.ML.Implicit.Samples.Control;

/// <summary>Weather hour by hour; what is missing lies on a line between its neighbours.</summary>
internal sealed class WeatherHistory
{
    public const int FeatureCount = Day + 6;

    /// <summary>The feature that is the temperature of the hour before.</summary>
    public const int LastTemperature = Day - 1;

    private const int Day = 24;

    private readonly DateTime _start;
    private readonly float[] _temperature;
    private readonly float[] _dewPoint;
    private readonly float[] _wind;

    public WeatherHistory(IEnumerable<WeatherHour> observed)
    {
        WeatherHour[] hours = [.. observed];
        _start = hours[0].Time;
        _temperature = Fill(hours, hour => hour.Temperature);
        _dewPoint = Fill(hours, hour => hour.DewPoint);
        _wind = Fill(hours, hour => hour.Wind);
    }

    /// <summary>Hours from a day after the first, so that a day is known, to the last that a plan may begin with.</summary>
    public IEnumerable<int> Hours(DateTime from, DateTime until) =>
        Enumerable.Range(Day, _temperature.Length - Day - Room.Horizon).Where(hour => TimeOf(hour) >= from && TimeOf(hour) < until);

    /// <summary>Temperature outside in an hour.</summary>
    public float Outdoor(int hour) => _temperature[hour];

    /// <summary>What is known at the beginning of an hour, and what comes after it.</summary>
    public Situation Situation(int hour, float start)
    {
        DateTime time = TimeOf(hour);
        double angle = 2 * Math.PI * time.Hour / Day;
        int[] planned = [.. Enumerable.Range(0, Room.Horizon)];
        return new Situation
        {
            Time = time,
            Features =
            [
                .. _temperature.AsSpan(hour - Day, Day), _dewPoint[hour - 1], _wind[hour - 1],
                (float)Math.Sin(angle), (float)Math.Cos(angle), (float)Math.Sin(2 * angle), (float)Math.Cos(2 * angle),
            ],
            Start = start,
            Prices = [.. planned.Select(ahead => (float)Room.Price(time.AddHours(ahead)))],
            Comfort = [.. planned.Select(ahead => (float)Room.Comfort(time.AddHours(ahead + 1)))],
            Outdoor = [.. planned.Select(ahead => _temperature[hour + ahead])],
        };
    }

    private DateTime TimeOf(int hour) => _start.AddHours(hour);

    private float[] Fill(WeatherHour[] hours, Func<WeatherHour, float> value)
    {
        (int Hour, float Value)[] known = [.. hours.Select(hour => ((int)Math.Round((hour.Time - _start).TotalHours), value(hour))).Where(pair => float.IsFinite(pair.Item2))];
        float[] filled = new float[known[^1].Hour + 1];
        foreach (((int hour, float from), (int next, float to)) in known.Zip(known.Skip(1)))
        {
            for (int i = hour; i <= next; i++)
            {
                filled[i] = from + ((to - from) * (i - hour) / (next - hour));
            }
        }

        return filled;
    }
}
