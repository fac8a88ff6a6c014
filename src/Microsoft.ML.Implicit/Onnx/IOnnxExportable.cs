namespace Microsoft.ML.Implicit.Onnx;

/// <summary>A function from columns to columns that has an ONNX form.</summary>
internal interface IOnnxExportable
{
    /// <summary>Why this one has none after all, as a sentence; <see langword="null"/> where it has one.</summary>
    string? OnnxObstacle { get; }

    /// <summary>Writes the function.</summary>
    /// <param name="graph">Receives its nodes.</param>
    /// <param name="inputSchema">Types of the columns that come in.</param>
    /// <returns>A value [rows, length] for each output column, in their order.</returns>
    IReadOnlyList<OnnxValue> WriteTo(OnnxGraph graph, DataViewSchema inputSchema);
}
