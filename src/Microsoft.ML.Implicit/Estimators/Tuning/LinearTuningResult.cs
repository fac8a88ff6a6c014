namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What the tuning of a linear model found.</summary>
/// <param name="Fit">The minimum at the best penalties.</param>
/// <param name="Penalties">One a feature.</param>
/// <param name="ExampleWeights">One a training row, or <see langword="null"/>.</param>
/// <param name="History">The evaluations.</param>
internal sealed record LinearTuningResult(LinearFit Fit, double[] Penalties, double[]? ExampleWeights, IReadOnlyList<TuningProgress> History) : IDisposable
{
    public void Dispose() => Fit.Dispose();
}
