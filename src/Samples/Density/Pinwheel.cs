namespace Microsoft.ML.Implicit.Samples.Density;

/// <summary>Five arms, each a normal distribution stretched along a ray and then twisted about the origin, the more so the farther out.</summary>
internal static class Pinwheel
{
    private const int Arms = 5;
    private const double Radius = 2;
    private const double RadialDeviation = 0.6;
    private const double TangentialDeviation = 0.2;

    public static Point Draw(Random random)
    {
        double along = Radius + RadialDeviation * Normal(random);
        double across = TangentialDeviation * Normal(random);
        double angle = 2 * Math.PI * random.Next(Arms) / Arms + Twist(along * along + across * across);
        return new Point
        {
            Features = [(float)(along * Math.Cos(angle) - across * Math.Sin(angle)), (float)(along * Math.Sin(angle) + across * Math.Cos(angle))],
        };
    }

    /// <summary>Log density in nats. The twist turns circles in themselves and so keeps areas.</summary>
    public static double LogDensity(Point point)
    {
        double x = point.Features[0], y = point.Features[1];
        double twist = Twist(x * x + y * y);
        return Math.Log(Enumerable.Range(0, Arms).Average(arm =>
        {
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * arm / Arms + twist);
            double along = (x * cosine + y * sine - Radius) / RadialDeviation;
            double across = (y * cosine - x * sine) / TangentialDeviation;
            return Math.Exp(-0.5 * (along * along + across * across)) / (2 * Math.PI * RadialDeviation * TangentialDeviation);
        }));
    }

    private static double Twist(double squaredRadius) => 0.8 * Math.Sqrt(squaredRadius);

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
