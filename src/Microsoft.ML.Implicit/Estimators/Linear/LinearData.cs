using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Training rows of a linear model, as they were read.</summary>
/// <param name="Problem">What is to be minimised.</param>
/// <param name="Scale">Units of the features.</param>
/// <param name="FeatureNames">A name for each feature.</param>
/// <param name="Task">What is to be predicted.</param>
internal sealed record LinearData(LinearProblem Problem, LinearScale Scale, IReadOnlyList<string> FeatureNames, PredictionTask Task) : IDisposable
{
    /// <summary>The penalties that options give, <c>[features + 1]</c>, the intercept's 0.</summary>
    /// <exception cref="ArgumentException">There are penalties for another number of features.</exception>
    public Tensor PenaltiesOf(PenalizedLinearOptions options)
    {
        Setting.Require(
            options.Penalties is null || options.Penalties.Count == FeatureNames.Count,
            nameof(options.Penalties),
            $"has {options.Penalties?.Count} numbers, and column '{options.FeatureColumnName}' {FeatureNames.Count} slots");
        double[] penalties = [.. options.Penalties ?? [.. Enumerable.Repeat(options.Penalty, FeatureNames.Count)], 0];
        return NativeTensor.Of(penalties, [penalties.Length]);
    }

    public void Dispose() => Problem.Dispose();
}
