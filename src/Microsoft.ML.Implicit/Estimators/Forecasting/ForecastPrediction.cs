using Microsoft.ML.Implicit.Layers.LatentOde;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a network predicts of a batch.</summary>
internal static class ForecastPrediction
{
    /// <summary>Mean and scale of a batch's targets, each [batch, targets, variables].</summary>
    public static (Tensor Mean, Tensor Scale) Of(LatentNetwork network, ForecastBatch batch, CancellationToken cancellationToken) =>
        Of(network, batch, Encode(network, batch), cancellationToken);

    /// <summary>The same from the encoder's state, [batch, state].</summary>
    public static (Tensor Mean, Tensor Scale) Of(LatentNetwork network, ForecastBatch batch, Tensor state, CancellationToken cancellationToken)
    {
        (Tensor initial, Tensor logVariance) = Posterior(network, batch, state);
        return Shaped(network.Predict(initial, logVariance, batch.Query, cancellationToken), batch);
    }

    /// <summary>The encoder's state at the last observation, [batch, state], of a batch with a history for each example.</summary>
    public static Tensor Encode(LatentNetwork network, ForecastBatch batch) => network.Encoder.Encode(batch.History, batch.Gaps, batch.LastIndices);

    /// <summary>Mean and logarithm of the variance of the latent initial state, each [batch, latent].</summary>
    public static (Tensor Mean, Tensor LogVariance) Posterior(LatentNetwork network, ForecastBatch batch, Tensor state) =>
        network.Posterior(state, batch.History.flatten(0, 1).index_select(0, batch.Places));

    /// <summary>Mean and scale of a batch's targets, from [batch * targets, variables] to [batch, targets, variables].</summary>
    public static (Tensor Mean, Tensor Scale) Shaped((Tensor Mean, Tensor Scale) decoded, ForecastBatch batch) =>
        (decoded.Mean.view_as(batch.Targets), decoded.Scale.view_as(batch.Targets));
}
