namespace Microsoft.ML.Implicit.Samples.Scenarios;

/// <summary>Wind of a storm, in hours since the first observation.</summary>
internal sealed class StormWind
{
    public string Name { get; set; } = string.Empty;

    public double[] Hour { get; set; } = [];

    public float[] Wind { get; set; } = [];

    /// <summary>The first observations.</summary>
    public StormWind Until(int count) => new() { Name = Name, Hour = Hour[..count], Wind = Wind[..count] };
}
