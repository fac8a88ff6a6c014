namespace Microsoft.ML.Implicit.Samples.Pendulum;

/// <summary>One swing as a row: noisy observations, and times to forecast at.</summary>
internal sealed class PendulumSwing
{
    public double[] Time { get; set; } = [];

    public float[] Angle { get; set; } = [];

    public float[] Momentum { get; set; } = [];

    public double[] ForecastTime { get; set; } = [];
}
