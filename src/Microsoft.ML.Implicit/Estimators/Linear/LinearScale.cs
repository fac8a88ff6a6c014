using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The units of features: their means and standard deviations, float64 <c>[features]</c>. A feature that does not vary counts as zero.</summary>
internal sealed record LinearScale(Tensor Means, Tensor Deviations)
{
    /// <param name="features">float32 <c>[rows, features]</c>.</param>
    public static LinearScale Of(Tensor features)
    {
        Tensor values = features.to(ScalarType.Float64);
        Tensor means = values.mean([0]);
        Tensor deviations = (values - means).Squared().mean([0]).sqrt();

        // What rounding makes of a constant is no variation.
        Tensor varies = deviations.gt(means.abs() * 1e-12.Held());
        return new LinearScale(means, where(varies, deviations, full_like(deviations, double.PositiveInfinity.Held())));
    }

    public Tensor Apply(Tensor features) => (features.to(ScalarType.Float64) - Means) / Deviations;

    /// <summary>Features as they were, float64 <c>[rows, features]</c>.</summary>
    /// <param name="standardized">float64 <c>[rows, features]</c>.</param>
    public Tensor Restore(Tensor standardized) => Means.Plus(standardized * where(Deviations.isinf(), zeros_like(Deviations), Deviations));

    /// <summary>Weights and intercepts for features as they are.</summary>
    /// <param name="weights">Weights of standardised features and, last, intercepts, <c>[features + 1, outputs]</c>.</param>
    public (double[][] Weights, double[] Intercepts) Unscale(Tensor weights)
    {
        Tensor slopes = weights.narrow(0, 0, Means.shape[0]) / Deviations.unsqueeze(1);
        Tensor intercepts = weights[-1] - Means.matmul(slopes);
        return ([.. Enumerable.Range(0, (int)weights.shape[1]).Select(output => slopes.select(1, output).contiguous().data<double>().ToArray())], intercepts.data<double>().ToArray());
    }
}
