using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>Trains networks one after another.</summary>
internal static class EnsembleTraining
{
    /// <summary>Trains all networks, or those whose turn comes before training is cancelled.</summary>
    /// <param name="count">Networks to train.</param>
    /// <param name="options">Say what cancellation does.</param>
    /// <param name="train">Trains a network; throws <see cref="OperationCanceledException"/> where it was cancelled and has none to give.</param>
    /// <returns>At least one network.</returns>
    /// <exception cref="OperationCanceledException">Cancelled, and the options ask for that exception or there is no network yet.</exception>
    public static TNetwork[] Run<TNetwork>(int count, TrainingOptions options, Func<EnsembleMember, TNetwork> train)
        where TNetwork : nn.Module
    {
        var networks = new List<TNetwork>(count);
        try
        {
            while (networks.Count < count)
            {
                networks.Add(train(new EnsembleMember(networks.Count, count)));
            }

            return [.. networks];
        }
        catch (OperationCanceledException) when (options.OnCancellation == CancellationBehavior.ReturnBestModel && networks.Count > 0)
        {
            return [.. networks];
        }
        catch
        {
            networks.ForEach(network => network.Dispose());
            throw;
        }
    }
}
