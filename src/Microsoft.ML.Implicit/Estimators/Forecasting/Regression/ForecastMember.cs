using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A network of an ensemble, and what its forecasts are blended with.</summary>
internal sealed record ForecastMember(LatentNetwork Network, ForecastBlend? Blend)
{
    /// <summary>Mean and scale of a batch's targets, each [batch, targets, variables].</summary>
    public (Tensor Mean, Tensor Scale) Predict(ForecastBatch batch, IReadOnlyList<ForecastExample> examples)
    {
        (Tensor mean, Tensor scale) = ForecastPrediction.Of(Network, batch, CancellationToken.None);
        if (Blend is null)
        {
            return (mean, scale);
        }

        float[] means = mean.cpu().ReadSingles();
        Blend.Apply(means, examples);
        return (NativeTensor.Of(means, mean.shape, mean.device), scale);
    }
}
