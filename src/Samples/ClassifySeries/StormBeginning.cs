namespace Microsoft.ML.Implicit.Samples.ClassifySeries;

/// <summary>The first two days of a storm that has not been a hurricane in them.</summary>
internal sealed class StormBeginning
{
    public string Name { get; set; } = string.Empty;

    /// <summary>Hours since the first observation.</summary>
    public double[] Hour { get; set; } = [];

    public float[] Latitude { get; set; } = [];

    public float[] Longitude { get; set; } = [];

    public float[] Wind { get; set; } = [];

    public float[] Pressure { get; set; } = [];

    /// <summary>Day of the year on which it began.</summary>
    public float Season { get; set; }

    public bool BecomesHurricane { get; set; }
}
