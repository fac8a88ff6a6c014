namespace Microsoft.ML.Implicit.Tests.Estimators.Mechanics;

/// <summary>A pendulum or a spring as a row: what was observed of it, and times to forecast at.</summary>
internal sealed class Swing
{
    public double[] Time { get; set; } = [];

    public float[] Position { get; set; } = [];

    public float[] Velocity { get; set; } = [];

    public float[] Torque { get; set; } = [];

    public double[] Ahead { get; set; } = [];

    public string[] Words { get; set; } = [];

    /// <summary>d²q/dt² = force(q, dq/dt, torque), in small steps.</summary>
    public static Swing Create(Func<double, double, double, double> force, double position, double velocity, double[] times, Func<double, double>? torque = null)
    {
        const int steps = 64;
        var (positions, velocities, torques) = (new float[times.Length], new float[times.Length], new float[times.Length]);
        (double q, double v) = (position, velocity);
        for (int i = 0; i < times.Length; i++)
        {
            (positions[i], velocities[i]) = ((float)q, (float)v);
            double u = torque?.Invoke(times[i]) ?? 0, h = (i + 1 < times.Length ? times[i + 1] - times[i] : 0) / steps;
            torques[i] = (float)u;
            for (int k = 0; k < steps; k++)
            {
                double half = v + (h / 2 * force(q, v, u));
                q += h * half;
                v = half + (h / 2 * force(q, half, u));
            }
        }

        return new Swing { Time = times, Position = positions, Velocity = velocities, Torque = torques };
    }

    /// <summary>Springs with d²q/dt² = -q from random starts, observed at uneven times.</summary>
    public static Swing[] Springs(int count, int observations, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Create((q, _, _) => -q, Uniform(random, -1, 1), Uniform(random, -1, 1), Times(random, observations)))];
    }

    public static double[] Times(Random random, int count)
    {
        double time = random.NextDouble();
        return [.. Enumerable.Range(0, count).Select(_ => time += 0.1 + (0.3 * random.NextDouble()))];
    }

    public static double Uniform(Random random, double low, double high) => low + ((high - low) * random.NextDouble());

    /// <summary>The first so many observations.</summary>
    public Swing First(int count, params double[] ahead) =>
        new() { Time = Time[..count], Position = Position[..count], Velocity = Velocity[..count], Torque = Torque[..count], Ahead = ahead };
}
