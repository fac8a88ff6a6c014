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

    /// <summary>Heats as plans say, in the weather that came.</summary>
    /// <param name="weather">The weather.</param>
    /// <param name="hours">Successive hours.</param>
    /// <param name="committed">Hours that a plan is followed.</param>
    /// <param name="plan">The heating of the hours from a situation on, in kW.</param>
    public Season Run(WeatherHistory weather, int[] hours, int committed, Func<Situation, float[]> plan)
    {
        double temperature = Room.Comfort(DateTime.UnixEpoch);
        foreach (int[] followed in hours.Chunk(committed))
        {
            Situation situation = weather.Situation(followed[0], (float)temperature);
            float[] heating = plan(situation);
            for (int i = 0; i < followed.Length; i++)
            {
                double power = Math.Clamp(heating[i], 0, Room.LargestPower);
                temperature = Room.After(temperature, weather.Outdoor(followed[i]), power);
                EnergyCost += power * situation.Prices[i];
                Discomfort += Math.Max(situation.Comfort[i] - temperature, 0);
                _heating.Add(power);
                _temperatures.Add(temperature);
            }
        }

        return this;
    }
}
