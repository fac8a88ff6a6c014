namespace Microsoft.ML.Implicit.Benchmarks.Quality.MetaLearning;

/// <summary>An observation of a panel: time, its square and covariates say what the value is.</summary>
internal sealed record PanelRow
{
    public required float[] Features { get; init; }

    public required float Label { get; init; }

    /// <summary>The series that it belongs to.</summary>
    public required string Task { get; init; }
}
