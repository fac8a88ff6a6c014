namespace Microsoft.ML.Implicit.Benchmarks.Onnx;

/// <summary>Median milliseconds of scoring a number of rows at once.</summary>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Library">Milliseconds of the library.</param>
/// <param name="Runtime">Milliseconds of ONNX Runtime.</param>
/// <param name="Difference">Largest difference of their outputs.</param>
internal sealed record OnnxTiming(long Bytes, int Rows, double Library, double Runtime, double Difference);
