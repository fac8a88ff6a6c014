namespace Microsoft.ML.Implicit.Samples.Curves;

/// <summary>What was measured of one subject.</summary>
internal sealed class Subject
{
    public int Number { get; set; }

    /// <summary>Milligrams by kilogram of body weight.</summary>
    public double Dose { get; set; }

    /// <summary>Hours after the dose.</summary>
    public double[] Hours { get; set; } = [];

    /// <summary>Milligrams by litre.</summary>
    public double[] Concentration { get; set; } = [];
}
