using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a network predicts of a batch.</summary>
internal static class ForecastPrediction
{
    /// <summary>Mean and scale of a batch's targets, each [batch, targets, variables], at the mean of the posterior.</summary>
    public static (Tensor Mean, Tensor Scale) Of(LatentOdeNetwork network, ForecastBatch batch, CancellationToken cancellationToken) =>
        Of(network, batch, Encode(network, batch), cancellationToken);

    /// <summary>The same from the encoder's state, [batch, state].</summary>
    public static (Tensor Mean, Tensor Scale) Of(LatentOdeNetwork network, ForecastBatch batch, Tensor state, CancellationToken cancellationToken)
    {
        (Tensor initial, _) = Posterior(network, batch, state);
        using OdeSolution solution = network.Solve(initial, batch.Grid, batch.Controls, differentiable: false, cancellationToken);
        return Decode(network, batch, solution.States);
    }

    /// <summary>The encoder's state at the last observation, [batch, state].</summary>
    public static Tensor Encode(LatentOdeNetwork network, ForecastBatch batch) => network.Encoder.Encode(batch.History, batch.Gaps, batch.LastIndices);

    /// <summary>Mean and logarithm of the variance of the latent initial state, each [batch, latent].</summary>
    public static (Tensor Mean, Tensor LogVariance) Posterior(LatentOdeNetwork network, ForecastBatch batch, Tensor state)
    {
        Tensor index = batch.LastIndices.view(-1, 1, 1).expand(-1, 1, batch.History.shape[2]);
        return network.Posterior(state, batch.History.gather(1, index).squeeze(1));
    }

    /// <summary>Mean and scale of a batch's targets, each [batch, targets, variables], on a path of latent states.</summary>
    public static (Tensor Mean, Tensor Scale) Decode(LatentOdeNetwork network, ForecastBatch batch, Tensor path)
    {
        (Tensor mean, Tensor scale) = network.Decode(path, batch.Grid[1], batch.Controls, batch.LowerIndices, batch.Thetas, batch.TargetFeatures);
        return (mean.view_as(batch.Targets), scale.view_as(batch.Targets));
    }
}
