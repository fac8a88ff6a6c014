namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>A distribution in the plane whose density is known.</summary>
/// <param name="Name">Name in the table.</param>
/// <param name="Draw">Draws a point.</param>
/// <param name="LogDensity">Log density, in nats.</param>
internal sealed record ToyDensity(string Name, Func<Random, (double X, double Y)> Draw, Func<double, double, double> LogDensity)
{
    private static readonly double[] Radii = [1, 2, 3];

    public static IReadOnlyList<ToyDensity> All { get; } =
    [
        new("pinwheel", DrawPinwheel, PinwheelLogDensity),
        new("eight_gaussians", DrawGaussians, GaussiansLogDensity),
        new("two_spirals", DrawSpirals, SpiralsLogDensity),
        new("checkerboard", DrawCheckerboard, (_, _) => -Math.Log(32)),
        new("rings", DrawRings, RingsLogDensity),
    ];

    // Five normal distributions of deviations 0.6 along a ray and 0.2 across it, two from the origin, twisted by 0.8 radians a
    // unit of radius. The twist turns circles in themselves and so keeps areas.
    private static (double X, double Y) DrawPinwheel(Random random)
    {
        double along = 2 + 0.6 * random.NextNormal(), across = 0.2 * random.NextNormal();
        (double sine, double cosine) = Math.SinCos(random.Next(5) * 2 * Math.PI / 5 + 0.8 * Math.Sqrt(along * along + across * across));
        return (along * cosine - across * sine, along * sine + across * cosine);
    }

    private static double PinwheelLogDensity(double x, double y) => Math.Log(Enumerable.Range(0, 5).Average(k =>
    {
        (double sine, double cosine) = Math.SinCos(k * 2 * Math.PI / 5 + 0.8 * Math.Sqrt(x * x + y * y));
        double along = (x * cosine + y * sine - 2) / 0.6, across = (y * cosine - x * sine) / 0.2;
        return Math.Exp(-(along * along + across * across) / 2) / (2 * Math.PI * 0.6 * 0.2);
    }));

    // Normal noise of deviation 0.1 about two spirals of one and a half turns.
    private static (double X, double Y) DrawSpirals(Random random)
    {
        (double x, double y) = SpiralAt(random.NextDouble(), random.Next(2));
        return (x + 0.1 * random.NextNormal(), y + 0.1 * random.NextNormal());
    }

    // By the midpoint rule, whose 600 points on each arm lie a quarter of the noise apart.
    private static double SpiralsLogDensity(double x, double y) => Math.Log(Enumerable.Range(0, 1200).Average(i =>
    {
        (double cx, double cy) = SpiralAt((i / 2 + 0.5) / 600, i % 2);
        return Math.Exp(-((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (2 * 0.01)) / (2 * Math.PI * 0.01);
    }));

    private static (double X, double Y) SpiralAt(double fraction, int arm)
    {
        double angle = 3 * Math.PI * Math.Sqrt(fraction);
        double radius = (arm == 0 ? angle : -angle) / 3;
        return (radius * Math.Cos(angle), radius * Math.Sin(angle));
    }

    // Eight normal distributions of deviation 0.3 on a circle of radius 3.
    private static (double X, double Y) DrawGaussians(Random random)
    {
        double angle = random.Next(8) * Math.PI / 4;
        return (3 * Math.Cos(angle) + 0.3 * random.NextNormal(), 3 * Math.Sin(angle) + 0.3 * random.NextNormal());
    }

    private static double GaussiansLogDensity(double x, double y) => Math.Log(Enumerable.Range(0, 8).Average(k =>
    {
        double dx = x - 3 * Math.Cos(k * Math.PI / 4), dy = y - 3 * Math.Sin(k * Math.PI / 4);
        return Math.Exp(-(dx * dx + dy * dy) / (2 * 0.09)) / (2 * Math.PI * 0.09);
    }));

    // Uniform on the eight black squares of side 2 in [-4, 4]².
    private static (double X, double Y) DrawCheckerboard(Random random)
    {
        int column = random.Next(4);
        int row = 2 * random.Next(2) + column % 2;
        return (-4 + 2 * (column + random.NextDouble()), -4 + 2 * (row + random.NextDouble()));
    }

    // Radius normal of deviation 0.1 about 1, 2 or 3, angle uniform.
    private static (double X, double Y) DrawRings(Random random)
    {
        double radius = Radii[random.Next(Radii.Length)] + 0.1 * random.NextNormal();
        double angle = 2 * Math.PI * random.NextDouble();
        return (radius * Math.Cos(angle), radius * Math.Sin(angle));
    }

    private static double RingsLogDensity(double x, double y)
    {
        double radius = Math.Sqrt(x * x + y * y);
        double radial = Radii.Average(r => Math.Exp(-(radius - r) * (radius - r) / (2 * 0.01)) / Math.Sqrt(2 * Math.PI * 0.01));
        return Math.Log(radial / (2 * Math.PI * radius));
    }
}
