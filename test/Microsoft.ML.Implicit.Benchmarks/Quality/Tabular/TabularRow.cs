namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

/// <summary>A row of a table as a pipeline reads it.</summary>
internal sealed class TabularRow
{
    public required float[] Features { get; init; }

    /// <summary>The number asked for; of no meaning where a class is.</summary>
    public required float Label { get; init; }

    /// <summary>The class asked for; empty where a number is.</summary>
    public required string Class { get; init; }
}
