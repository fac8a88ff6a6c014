using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

internal sealed class WaveRow
{
    public double[] Time { get; set; } = [];

    public float[] Sine { get; set; } = [];

    public float[] Cosine { get; set; } = [];

    public float Amplitude { get; set; }

    public double[] ForecastTime { get; set; } = [];

    [NoColumn]
    public float[] Truth { get; set; } = [];
}
