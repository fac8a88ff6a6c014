namespace Microsoft.ML.Implicit.Benchmarks.Quality.Marginals;

/// <summary>A process with a known law.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dimension">Number of variables.</param>
/// <param name="End">Last time.</param>
/// <param name="Observations">Observations of a training series, equally spaced from 0 to the end.</param>
/// <param name="Noise">Standard deviation of the noise of an observation.</param>
/// <param name="Draw">A path at given times.</param>
internal sealed record RandomProcess(string Name, int Dimension, double End, int Observations, double Noise, Func<Random, double[], double[][]> Draw)
{
    private const int StepsToEnd = 1000;
    private const double Diffusion = 0.15;
    private const double Correction = Diffusion * Diffusion / 2;

    public static IReadOnlyList<RandomProcess> All { get; } =
    [
        new("ornstein-uhlenbeck", 1, 4, 41, 0.01, OrnsteinUhlenbeck),
        new("lorenz", 3, 1, 41, 0.01, Lorenz),
    ];

    /// <summary>Observations of a path, [variables][times].</summary>
    public double[][] Observe(Random random, double[] times) =>
        [.. Draw(random, times).Select(values => values.Select(value => value + (Noise * Normal(random))).ToArray())];

    // dx = -x dt + ½ dW from N(0, 1) on, by exact transitions.
    private static double[][] OrnsteinUhlenbeck(Random random, double[] times)
    {
        double[] path = new double[times.Length];
        double last = Normal(random);
        for (int i = 0; i < times.Length; i++)
        {
            double gap = times[i] - (i == 0 ? 0 : times[i - 1]);
            last = (last * Math.Exp(-gap)) + (0.5 * Math.Sqrt((1 - Math.Exp(-2 * gap)) / 2) * Normal(random));
            path[i] = last;
        }

        return [path];
    }

    // The stochastic Lorenz attractor in the setting of SDE Matching (2025): σ = 10, ρ = 28, β = 8/3, diffusion 0.15 times the state in Itô's sense, from N(0, 1) on; each
    // variable is divided by a scale of about its deviation. By Heun's method for the Stratonovich equation, whose drift is less by 0.15²/2 times the state.
    private static double[][] Lorenz(Random random, double[] times)
    {
        double[] scales = [8, 9, 8];
        double x = Normal(random), y = Normal(random), z = Normal(random), now = 0;
        var path = Array.ConvertAll(scales, _ => new double[times.Length]);
        for (int i = 0; i < times.Length; i++)
        {
            int steps = (int)Math.Ceiling((times[i] - now) * StepsToEnd);
            double step = steps == 0 ? 0 : (times[i] - now) / steps, root = Diffusion * Math.Sqrt(step);
            for (int s = 0; s < steps; s++)
            {
                (double X, double Y, double Z) noise = (root * Normal(random), root * Normal(random), root * Normal(random));
                (double X, double Y, double Z) first = Change(x, y, z, step, noise), second = Change(x + first.X, y + first.Y, z + first.Z, step, noise);
                (x, y, z) = (x + ((first.X + second.X) / 2), y + ((first.Y + second.Y) / 2), z + ((first.Z + second.Z) / 2));
            }

            now = times[i];
            (path[0][i], path[1][i], path[2][i]) = (x / scales[0], y / scales[1], z / scales[2]);
        }

        return path;
    }

    private static (double X, double Y, double Z) Change(double x, double y, double z, double step, (double X, double Y, double Z) noise) => (
        (step * ((10 * (y - x)) - (Correction * x))) + (noise.X * x),
        (step * ((x * (28 - z)) - y - (Correction * y))) + (noise.Y * y),
        (step * ((x * y) - (8.0 / 3 * z) - (Correction * z))) + (noise.Z * z));

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
