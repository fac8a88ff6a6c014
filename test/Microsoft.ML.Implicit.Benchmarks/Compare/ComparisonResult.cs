namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>What a case measured.</summary>
/// <param name="Milliseconds">Median wall time a call, after warm-up.</param>
/// <param name="Evaluations">Function evaluations or iterations a call.</param>
/// <param name="Residual">Accuracy or residual reached, as the case defines it.</param>
internal sealed record ComparisonResult(double Milliseconds, double Evaluations, double Residual);
