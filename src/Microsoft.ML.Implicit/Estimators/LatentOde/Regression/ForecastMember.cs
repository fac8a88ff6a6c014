using Microsoft.ML.Implicit.Layers.LatentOde;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A network of an ensemble, and what its forecasts are blended with.</summary>
internal sealed record ForecastMember(LatentOdeNetwork Network, ForecastBlend? Blend)
{
    /// <summary>Mean and scale of a batch's targets, each [batch, targets, variables].</summary>
    public (Tensor Mean, Tensor Scale) Predict(ForecastBatch batch, IReadOnlyList<ForecastExample> examples)
    {
        (Tensor mean, Tensor scale) = ForecastPrediction.Of(Network, batch, CancellationToken.None);
        return (Blend?.Of(mean, examples) ?? mean, scale);
    }
}
