using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Directions;

/// <summary>Where a storm is, and where and how fast it goes from there.</summary>
internal sealed class StormMove
{
    private const double EarthRadius = 6371;

    /// <summary>Degrees north.</summary>
    public float Latitude { get; set; }

    /// <summary>Degrees east.</summary>
    public float Longitude { get; set; }

    /// <summary>The same place as a unit vector from the centre of the earth.</summary>
    [VectorType(3)]
    public float[] Position { get; set; } = [];

    /// <summary>Degrees clockwise from north, from 0 to 360.</summary>
    public float Heading { get; set; }

    /// <summary>Kilometres an hour.</summary>
    public float Speed { get; set; }

    /// <summary>The move from one place to another along a great circle.</summary>
    public static StormMove Between((double Latitude, double Longitude) from, (double Latitude, double Longitude) to, double hours)
    {
        (double sine, double cosine) = Math.SinCos(Radians(from.Latitude));
        (double sineTo, double cosineTo) = Math.SinCos(Radians(to.Latitude));
        (double sineOfTurn, double cosineOfTurn) = Math.SinCos(Radians(to.Longitude - from.Longitude));
        double east = cosineTo * sineOfTurn;
        double north = (cosine * sineTo) - (sine * cosineTo * cosineOfTurn);
        double up = (sine * sineTo) + (cosine * cosineTo * cosineOfTurn);
        double bearing = Math.Atan2(east, north) * 180 / Math.PI;
        return new StormMove
        {
            Latitude = (float)from.Latitude,
            Longitude = (float)from.Longitude,
            Position = OnSphere(from.Latitude, from.Longitude),
            Heading = (float)(bearing < 0 ? bearing + 360 : bearing),
            Speed = (float)(EarthRadius * Math.Atan2(Math.Sqrt((east * east) + (north * north)), up) / hours),
        };
    }

    public static float[] OnSphere(double latitude, double longitude)
    {
        (double sine, double cosine) = Math.SinCos(Radians(latitude));
        (double y, double x) = Math.SinCos(Radians(longitude));
        return [(float)(cosine * x), (float)(cosine * y), (float)sine];
    }

    private static double Radians(double degrees) => degrees * Math.PI / 180;
}
