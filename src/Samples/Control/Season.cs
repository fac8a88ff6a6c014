namespace Microsoft.ML.Implicit.Samples.Control;

/// <summary>How a room fared hour by hour under one way of heating it.</summary>
internal sealed class Season(string name)
{
    private readonly List<double> _temperatures = [];
    private readonly List<double> _heating = [];

    public string Name => name;

    public IReadOnlyList<double> Temperatures => _temperatures;

    public IReadOnlyList<double> Heating => _heating;

    /// <summary>What the heating cost.</summary>
    public double EnergyCost { get; private set; }

    /// <summary>Degrees too cold, summed over hours.</summary>
    public double Discomfort { get; private set; }

    /// <summary>What plans are made to keep low.</summary>
    public double Cost => EnergyCost + (Room.DiscomfortPrice * Discomfort);

    /// <summary>Heats an hour as a plan begins, in the weather that came, and so on.</summary>
    /// <param name="weather">The weather.</param>
    /// <param name="hours">Successive hours.</param>
    /// <param name="decide">The heating of the hour that a situation begins with, in kW.</param>
    public Season Run(WeatherHistory weather, IEnumerable<int> hours, Func<Situation, double> decide)
    {
        double temperature = Room.Comfort(DateTime.UnixEpoch);
        foreach (int hour in hours)
        {
            Situation situation = weather.Situation(hour, (float)temperature);
            double heating = Math.Clamp(decide(situation), 0, Room.LargestPower);
            temperature = Room.After(temperature, weather.Outdoor(hour), heating);
            EnergyCost += heating * situation.Prices[0];
            Discomfort += Math.Max(situation.Comfort[0] - temperature, 0);
            _heating.Add(heating);
            _temperatures.Add(temperature);
        }

        return this;
    }
}
