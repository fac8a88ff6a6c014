namespace Microsoft.ML.Implicit.Samples.Pendulum;

/// <summary>Swings of a pendulum whose equations are known: H = 3 (1 - cos q) + p².</summary>
internal static class PendulumData
{
    private const int Observations = 45;
    private const double Gap = 1.0 / 15;
    private const double Noise = 0.1;
    private const int StepsAGap = 32;

    /// <summary>The energy.</summary>
    public static double Energy(double angle, double momentum) => (3 * (1 - Math.Cos(angle))) + (momentum * momentum);

    /// <summary>Swings from random starts, observed with noise.</summary>
    public static PendulumSwing[] Create(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => Create(random))];

    /// <summary>The motion itself at equal gaps.</summary>
    public static (double[] Angle, double[] Momentum) Move(double angle, double momentum, int times)
    {
        var (angles, momenta) = (new double[times], new double[times]);
        for (int i = 0; i < times; i++)
        {
            (angles[i], momenta[i]) = (angle, momentum);
            for (int step = 0; step < StepsAGap; step++)
            {
                const double h = Gap / StepsAGap;
                momentum -= h / 2 * 3 * Math.Sin(angle);
                angle += h * 2 * momentum;
                momentum -= h / 2 * 3 * Math.Sin(angle);
            }
        }

        return (angles, momenta);
    }

    /// <summary>Times at equal gaps.</summary>
    public static double[] Times(int count) => [.. Enumerable.Range(0, count).Select(i => i * Gap)];

    private static PendulumSwing Create(Random random)
    {
        double direction = 2 * Math.PI * random.NextDouble(), radius = 1.3 + random.NextDouble();
        (double[] angle, double[] momentum) = Move(radius * Math.Cos(direction), radius * Math.Sin(direction), Observations);
        return new PendulumSwing
        {
            Time = Times(Observations),
            Angle = [.. angle.Select(value => (float)(value + (Noise * Normal(random))))],
            Momentum = [.. momentum.Select(value => (float)(value + (Noise * Normal(random))))],
        };
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
