using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Onnx;

/// <summary>Refuses to write a transformer to an ONNX file.</summary>
internal static class OnnxRefusal
{
    /// <summary>The exception of ML.NET's converter for pipelines that it cannot convert, with the reason, which ML.NET's own lacks.</summary>
    /// <param name="what">Name of what cannot be written.</param>
    /// <param name="reason">Why, as a sentence.</param>
    public static Exception Create(string what, string reason) => Contracts.Except(
        $"The targeted pipeline can not be fully converted into a well-defined ONNX model: {what} cannot be saved as ONNX. {reason} "
        + "Score these rows with the saved ML.NET model instead.");
}
