using Microsoft.ML.Implicit.Modelling;

namespace Microsoft.ML.Implicit.Samples.Control;

/// <summary>
/// A room with an electric heater: each hour it loses a share of its warmth to the outside, and gains what is heated. Heating costs what the tariff says, and every degree
/// below the comfortable temperature costs something too.
/// </summary>
internal static class Room
{
    /// <summary>Hours that are planned.</summary>
    public const int Horizon = 12;

    /// <summary>Hours of a plan that are carried out before the next one is made.</summary>
    public const int Committed = 6;

    /// <summary>Most heating, in kW.</summary>
    public const double LargestPower = 6;

    /// <summary>Price of an hour that is one degree too cold.</summary>
    public const double DiscomfortPrice = 3;

    // The share of the difference to the outside that is lost in an hour, and degrees that a kWh gives.
    private const double Loss = 0.06;
    private const double Gain = 0.35;

    /// <summary>The temperature after an hour.</summary>
    public static double After(double temperature, double outdoor, double heating) => temperature + (Loss * (outdoor - temperature)) + (Gain * heating);

    /// <summary>The heating that an hour needs to end at a temperature, as far as the heater allows.</summary>
    public static double Needed(double temperature, double outdoor, double wanted) => Math.Clamp((wanted - After(temperature, outdoor, 0)) / Gain, 0, LargestPower);

    /// <summary>Price of a kWh: night, day and evening.</summary>
    public static double Price(DateTime time) => time.Hour switch
    {
        < 6 or >= 22 => 0.12,
        >= 17 and < 21 => 0.45,
        _ => 0.25,
    };

    /// <summary>Least comfortable temperature at the end of an hour.</summary>
    public static double Comfort(DateTime time) => time.Hour is >= 6 and < 22 ? 20 : 17;

    /// <summary>The plan of least cost, from the room's temperature, the tariff and the weather.</summary>
    public static ConvexProgram CreateProgram()
    {
        var outdoor = new Parameter("Outdoor", Horizon);
        var start = new Parameter("Start");
        var prices = new Parameter("Prices", Horizon, sign: Sign.Nonnegative);
        var comfort = new Parameter("Comfort", Horizon);
        var heating = new Variable("Heating", Horizon, sign: Sign.Nonnegative);
        var temperature = new Variable("Temperature", Horizon);

        // What an hour begins with: the temperature at the end of the one before it.
        Expression before = Functions.Stack(start, temperature.Slice(0, Horizon - 1));
        return ConvexProgram.Minimize(
            Functions.Dot(prices, heating) + (DiscomfortPrice * Functions.Sum(Functions.Positive(comfort - temperature))),
            temperature.EqualTo((before * (1 - Loss)) + (outdoor * Loss) + (heating * Gain)),
            heating <= LargestPower);
    }
}
