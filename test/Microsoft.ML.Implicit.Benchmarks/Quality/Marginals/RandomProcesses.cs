namespace Microsoft.ML.Implicit.Benchmarks.Quality.Marginals;

/// <summary>The processes whose laws are compared: a stationary and an explosive one that others publish figures of, and four with what these lack.</summary>
internal static class RandomProcesses
{
    private const double LorenzDiffusion = 0.15;
    private const double LorenzCorrection = LorenzDiffusion * LorenzDiffusion / 2;
    private const double RootDiffusion = 0.6;

    private static readonly double[] LorenzScales = [8, 9, 8];

    // The stochastic Lorenz attractor in the setting of SDE Matching (2025): σ = 10, ρ = 28, β = 8/3, diffusion 0.15 times the state in Itô's sense, from N(0, 1) on; each
    // variable is divided by a scale of about its deviation.
    private static readonly StratonovichPath Lorenz = new(1000, (state, drift, diffusion) =>
    {
        (double x, double y, double z) = (state[0], state[1], state[2]);
        drift[0] = (10 * (y - x)) - (LorenzCorrection * x);
        drift[1] = (x * (28 - z)) - y - (LorenzCorrection * y);
        drift[2] = (x * y) - (8.0 / 3 * z) - (LorenzCorrection * z);
        for (int i = 0; i < diffusion.Length; i++)
        {
            diffusion[i] = LorenzDiffusion * state[i];
        }
    });

    // dx = 2 (x - x³) dt + 0.7 dW: paths settle in one of two wells, and change wells now and then.
    private static readonly StratonovichPath DoubleWell = new(250, (state, drift, diffusion) =>
    {
        drift[0] = 2 * state[0] * (1 - (state[0] * state[0]));
        diffusion[0] = 0.7;
    });

    // dx = 2 (1 - x) dt + 0.6 √x dW in Itô's sense (Cox, Ingersoll and Ross, 1985).
    private static readonly StratonovichPath SquareRoot = new(250, (state, drift, diffusion) =>
    {
        drift[0] = (2 * (1 - state[0])) - (RootDiffusion * RootDiffusion / 4);
        diffusion[0] = RootDiffusion * Math.Sqrt(Math.Max(0, state[0]));
    });

    // Two variables that turn into each other and return: dx = (-x/2 - 2y) dt + 0.4 dW, dy = (2x - y/2) dt + 0.4 dW.
    private static readonly StratonovichPath Rotation = new(250, (state, drift, diffusion) =>
    {
        (drift[0], drift[1]) = ((-0.5 * state[0]) - (2 * state[1]), (2 * state[0]) - (0.5 * state[1]));
        (diffusion[0], diffusion[1]) = (0.4, 0.4);
    });

    // A damped oscillator whose velocity is pushed by noise and not observed: dx = v dt, dv = (-4x - v/2) dt + 0.8 dW.
    private static readonly StratonovichPath Oscillator = new(250, (state, drift, diffusion) =>
    {
        (drift[0], drift[1]) = (state[1], (-4 * state[0]) - (0.5 * state[1]));
        (diffusion[0], diffusion[1]) = (0, 0.8);
    });

    public static IReadOnlyList<RandomProcess> All { get; } =
    [
        new("ornstein-uhlenbeck", 1, 4, OrnsteinUhlenbeck),
        new("lorenz", 3, 1, (random, times) =>
            [.. Lorenz.Draw(random, [random.NextNormal(), random.NextNormal(), random.NextNormal()], times).Zip(LorenzScales, (values, scale) => Array.ConvertAll(values, value => value / scale))]),
        new("double-well", 1, 4, (random, times) => DoubleWell.Draw(random, [random.NextNormal()], times)),
        new("square-root", 1, 4, (random, times) => SquareRoot.Draw(random, [0.2 + (1.6 * random.NextDouble())], times)),
        new("rotation", 2, 4, (random, times) => Rotation.Draw(random, [random.NextNormal(), random.NextNormal()], times)),
        new("oscillator", 1, 4, (random, times) => [Oscillator.Draw(random, [random.NextNormal(), random.NextNormal()], times)[0]]),
    ];

    // dx = -x dt + ½ dW from N(0, 1) on, by exact transitions.
    private static double[][] OrnsteinUhlenbeck(Random random, double[] times)
    {
        double[] path = new double[times.Length];
        double last = random.NextNormal();
        for (int i = 0; i < times.Length; i++)
        {
            double gap = times[i] - (i == 0 ? 0 : times[i - 1]);
            last = (last * Math.Exp(-gap)) + (0.5 * Math.Sqrt((1 - Math.Exp(-2 * gap)) / 2) * random.NextNormal());
            path[i] = last;
        }

        return [path];
    }
}
