using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The units in which a linear trainer sees rows when they are all that it has: features, and the label of a regression, with the mean 0 and the standard deviation 1, with a graph
/// to the rows.
/// </summary>
/// <param name="Means">Of the features and of the column of ones, <c>[features + 1]</c>.</param>
/// <param name="Deviations">Likewise; infinite where a feature does not vary, and 1 for the ones.</param>
/// <param name="LabelMean">Of the targets; 0 for classes.</param>
/// <param name="LabelDeviation">Of the targets; 1 for classes.</param>
internal sealed record OwnUnits(Tensor Means, Tensor Deviations, Tensor LabelMean, Tensor LabelDeviation)
{
    // In units of the data's deviations; what is less is what rounding makes of a constant.
    private const double LeastVariance = 1e-20;

    /// <param name="rows">Rows in other units.</param>
    /// <param name="hasClasses">Whether targets are classes, which have no unit.</param>
    public static OwnUnits Of(LinearRows rows, bool hasClasses)
    {
        Tensor features = rows.Features.narrow(1, 0, rows.Features.shape[1] - 1);
        (Tensor means, Tensor variances) = Moments(features);
        Tensor one = ones([1], ScalarType.Float64), zero = zeros([1], ScalarType.Float64);
        Tensor deviations = where(variances.gt(LeastVariance.Held()), variances, full_like(variances, double.PositiveInfinity.Held())).sqrt();
        (Tensor labelMean, Tensor labelVariance) = hasClasses ? (zero, one) : Moments(rows.Targets);
        Tensor labelDeviation = where(labelVariance.gt(0.0.Held()), labelVariance, ones_like(labelVariance)).sqrt();
        return new OwnUnits(cat([means, zero]), cat([deviations, one]), labelMean, labelDeviation);
    }

    /// <summary>The rows in these units.</summary>
    public LinearRows Apply(LinearRows rows) =>
        new((rows.Features - Means) / Deviations, (rows.Targets - LabelMean) / LabelDeviation, rows.Weights);

    /// <summary>Weights for the rows as they were.</summary>
    /// <param name="weights">Weights for rows in these units, the intercepts last, <c>[features + 1, outputs]</c>.</param>
    public Tensor Restore(Tensor weights)
    {
        Tensor slopes = weights / Deviations.unsqueeze(1);
        Tensor shift = cat([zeros([weights.shape[0] - 1, weights.shape[1]], ScalarType.Float64), Means.unsqueeze(0).mm(slopes)]);
        Tensor restored = (slopes - shift) * LabelDeviation;
        return cat([restored.narrow(0, 0, weights.shape[0] - 1), restored[-1].Plus(LabelMean).unsqueeze(0)]);
    }

    private static (Tensor Means, Tensor Variances) Moments(Tensor values)
    {
        Tensor means = values.mean([0]);
        return (means, (values - means).Squared().mean([0]));
    }
}
