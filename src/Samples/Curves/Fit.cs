namespace Microsoft.ML.Implicit.Samples.Curves;

/// <summary>The curve of one subject.</summary>
internal sealed class Fit
{
    /// <summary>Elimination and absorption by hour, and clearance in litres by hour and kilogram.</summary>
    public float[] Parameters { get; set; } = [];

    public float[] StandardErrors { get; set; } = [];

    /// <summary>Standard deviation of the measurements around the curve, in milligrams by litre.</summary>
    public float Deviation { get; set; }

    public string Status { get; set; } = string.Empty;

    /// <summary>The concentration some hours after a dose, in milligrams by litre.</summary>
    public double Concentration(double dose, double hours)
    {
        (double ke, double ka, double cl) = (Parameters[0], Parameters[1], Parameters[2]);
        return dose * ke * ka * (Math.Exp(-ke * hours) - Math.Exp(-ka * hours)) / (cl * (ka - ke));
    }
}
