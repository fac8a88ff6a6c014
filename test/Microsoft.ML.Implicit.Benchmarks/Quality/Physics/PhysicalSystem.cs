using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Physics;

/// <summary>
/// A system whose equations are known, with the data that Greydanus, Dzamba and Yosinski ("Hamiltonian neural networks", 2019) and Cranmer et al. ("Lagrangian neural
/// networks", 2020) generate of it: states hold positions and then momenta, or velocities where masses and lengths are one.
/// </summary>
/// <param name="Name">Name in tables.</param>
/// <param name="Variables">Names of the positions and then of the momenta.</param>
/// <param name="Series">Trajectories to train on.</param>
/// <param name="Observations">Observations in each.</param>
/// <param name="Gap">Time between them.</param>
/// <param name="Noise">Standard deviation of the noise on all that is observed.</param>
/// <param name="Derivative">dz/dt, [rows, width] to [rows, width].</param>
/// <param name="Energy">The energy, [rows, width] to [rows].</param>
/// <param name="Start">Draws a state to start from.</param>
internal sealed record PhysicalSystem(
    string Name, string[] Variables, int Series, int Observations, double Gap, double Noise, Func<Tensor, Tensor> Derivative, Func<Tensor, Tensor> Energy, Func<Random, double[]> Start)
{
    public static PhysicalSystem[] All { get; } =
    [
        new("spring", ["q", "p"], 25, 30, 0.1, 0.1, z => cat([Half(z, 1) * 2, Half(z, 0) * -2], 1), z => z.pow(2).sum(1), random => OnCircle(random, 0.1, 1)),
        new("pendulum", ["q", "p"], 25, 45, 1.0 / 15, 0.1, z => cat([Half(z, 1) * 2, Half(z, 0).sin() * -3], 1), z => (3 * (1 - z.select(1, 0).cos())) + z.select(1, 1).pow(2), random => OnCircle(random, 1.3, 2.3)),
        new("two bodies", ["x1", "y1", "x2", "y2", "px1", "py1", "px2", "py2"], 800, 50, 20.0 / 49, 0, TwoBodies, TwoBodyEnergy, Orbit),
        new("double pendulum", ["a", "b", "u", "w"], 100, 100, 0.05, 0, DoublePendulum, DoublePendulumEnergy, random => [Uniform(random, -1.5, 1.5), Uniform(random, -1.5, 1.5), 0, 0]),
    ];

    public int Positions => Variables.Length / 2;

    /// <summary>States at equal gaps, [times, rows, width], to ten digits.</summary>
    public Tensor Solve(Tensor starts, int times, double gap)
    {
        var options = new OdeOptions { Method = OdeMethods.Dopri8, StepControl = new PiStepControl { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-10 }, MaximumSteps = int.MaxValue };
        using OdeSolution solution = OdeSolver.Solve(new Term(Derivative), starts, [.. Enumerable.Range(0, times).Select(i => i * gap)], options);
        return solution.States.alias();
    }

    /// <summary>States to start from, [rows, width].</summary>
    public Tensor Starts(Random random, int rows) => tensor(Enumerable.Range(0, rows).SelectMany(_ => Start(random)).ToArray(), [rows, Variables.Length]);

    private static Tensor Half(Tensor z, int half) => z.narrow(1, half * z.shape[1] / 2, z.shape[1] / 2);

    private static double Uniform(Random random, double low, double high) => low + ((high - low) * random.NextDouble());

    private static double[] OnCircle(Random random, double least, double most)
    {
        (double x, double y) = (Uniform(random, -1, 1), Uniform(random, -1, 1));
        double radius = Uniform(random, least, most) / Math.Sqrt((x * x) + (y * y));
        return [radius * x, radius * y];
    }

    // Two bodies of mass 1 around their centre, nearly on circles.
    private static double[] Orbit(Random random)
    {
        (double x, double y) = (Uniform(random, -1, 1), Uniform(random, -1, 1));
        double radius = Uniform(random, 0.5, 1.5), norm = Math.Sqrt((x * x) + (y * y));
        (x, y) = (x / norm * radius, y / norm * radius);
        double speed = (1 + (0.05 * random.NextNormal())) / (2 * Math.Pow(radius, 1.5));
        (double u, double v) = (-y * speed, x * speed);
        return [x, y, -x, -y, u, v, -u, -v];
    }

    private static Tensor TwoBodies(Tensor z)
    {
        Tensor apart = z.narrow(1, 0, 2) - z.narrow(1, 2, 2);
        Tensor force = apart / apart.norm(1, true).pow(3);
        return cat([z.narrow(1, 4, 4), -force, force], 1);
    }

    private static Tensor TwoBodyEnergy(Tensor z) => (z.narrow(1, 4, 4).pow(2).sum(1) / 2) - (z.narrow(1, 0, 2) - z.narrow(1, 2, 2)).norm(1).reciprocal();

    private const double Gravity = 9.8;

    private static Tensor DoublePendulum(Tensor z)
    {
        (Tensor a, Tensor b, Tensor u, Tensor w) = (z.narrow(1, 0, 1), z.narrow(1, 1, 1), z.narrow(1, 2, 1), z.narrow(1, 3, 1));
        Tensor sine = (a - b).sin(), cosine = (a - b).cos();
        Tensor first = (a.sin() * (-2 * Gravity)) - (w.pow(2) * sine), second = (b.sin() * -Gravity) + (u.pow(2) * sine);
        Tensor determinant = 2 - cosine.pow(2);
        return cat([u, w, (first - (cosine * second)) / determinant, ((second * 2) - (cosine * first)) / determinant], 1);
    }

    private static Tensor DoublePendulumEnergy(Tensor z)
    {
        (Tensor a, Tensor b, Tensor u, Tensor w) = (z.select(1, 0), z.select(1, 1), z.select(1, 2), z.select(1, 3));
        return u.pow(2) + (w.pow(2) / 2) + (u * w * (a - b).cos()) + (Gravity * (3 - (2 * a.cos()) - b.cos()));
    }

    private sealed class Term(Func<Tensor, Tensor> derivative) : IOdeTerm
    {
        public Tensor Evaluate(double time, Tensor state) => derivative(state);
    }
}
