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
        new("eight_gaussians", DrawGaussians, GaussiansLogDensity),
        new("checkerboard", DrawCheckerboard, (_, _) => -Math.Log(32)),
        new("rings", DrawRings, RingsLogDensity),
    ];

    // Eight normal distributions of deviation 0.3 on a circle of radius 3.
    private static (double X, double Y) DrawGaussians(Random random)
    {
        double angle = random.Next(8) * Math.PI / 4;
        return (3 * Math.Cos(angle) + 0.3 * Normal(random), 3 * Math.Sin(angle) + 0.3 * Normal(random));
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
        double radius = Radii[random.Next(Radii.Length)] + 0.1 * Normal(random);
        double angle = 2 * Math.PI * random.NextDouble();
        return (radius * Math.Cos(angle), radius * Math.Sin(angle));
    }

    private static double RingsLogDensity(double x, double y)
    {
        double radius = Math.Sqrt(x * x + y * y);
        double radial = Radii.Average(r => Math.Exp(-(radius - r) * (radius - r) / (2 * 0.01)) / Math.Sqrt(2 * Math.PI * 0.01));
        return Math.Log(radial / (2 * Math.PI * radius));
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
