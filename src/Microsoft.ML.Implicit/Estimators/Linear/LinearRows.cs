using Microsoft.ML.Implicit.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Rows as a linear model reads them, float64.</summary>
/// <param name="Features">Standardised features and a last column of ones, <c>[rows, features + 1]</c>.</param>
/// <param name="Targets"><c>[rows, outputs]</c>.</param>
/// <param name="Weights">Example weights, <c>[rows]</c>; ones where none are given.</param>
internal sealed record LinearRows(Tensor Features, Tensor Targets, Tensor Weights)
{
    public long Count => Features.shape[0];

    /// <summary>One set of rows after another.</summary>
    public static LinearRows Join(params LinearRows?[] parts)
    {
        LinearRows[] rows = [.. parts.OfType<LinearRows>()];
        return new LinearRows(cat([.. rows.Select(part => part.Features)]), cat([.. rows.Select(part => part.Targets)]), cat([.. rows.Select(part => part.Weights)]));
    }

    /// <summary>The rows at the given int64 indices.</summary>
    public LinearRows Select(Tensor rows) => new(Features.index_select(0, rows), Targets.index_select(0, rows), Weights.index_select(0, rows));

    /// <summary>Rows in a model's units.</summary>
    public static LinearRows Of(TrainingSet set, LinearScale scale, LinearLoss loss)
    {
        Tensor features = scale.Apply(set.Features);
        return new LinearRows(
            cat([features, ones([features.shape[0], 1], ScalarType.Float64)], 1),
            loss.Targets(set.Labels),
            set.Weights?.to(ScalarType.Float64) ?? ones([features.shape[0]], ScalarType.Float64));
    }
}
