using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>The losses of an epoch's steps, kept where they were computed, so that a GPU need not wait for the host in every step.</summary>
internal sealed class EpochLosses
{
    private readonly long _examples;
    private readonly Tensor _total;

    // Losses and gradient norms of the latest step, or of the first one that had an infinite or NaN one.
    private readonly Tensor _latest;

    /// <summary>Creates the sum of no losses, in the current dispose scope.</summary>
    /// <param name="networks">Number of networks that are trained together.</param>
    /// <param name="examples">Number of examples of each.</param>
    /// <param name="device">Where losses are computed.</param>
    public EpochLosses(int networks, long examples, Device device)
    {
        _examples = examples;
        _total = zeros([networks], ScalarType.Float64, device);
        _latest = zeros([2, networks], ScalarType.Float64, device);
    }

    /// <summary>Takes in a step.</summary>
    /// <param name="loss">Mean loss of its examples, of one element a network.</param>
    /// <param name="gradientNorm">Norm of its gradients, of one element a network.</param>
    /// <param name="examples">Number of its examples.</param>
    public void Add(Tensor loss, Tensor gradientNorm, long examples)
    {
        using IDisposable noGradient = no_grad();
        Tensor step = stack([loss.detach().reshape(-1).to(ScalarType.Float64), gradientNorm.reshape(-1).to(ScalarType.Float64)]);
        _latest.copy_(where(_latest.isfinite().all(), step, _latest));
        _total.PlusInPlace(step[0] * examples.Held());
    }

    /// <summary>Reads what the epoch came to: the one time that the host waits for the device.</summary>
    /// <param name="validationLoss">Mean loss on validation examples, of one element, or <see langword="null"/> without any.</param>
    public EpochReading Read(Tensor? validationLoss)
    {
        int networks = (int)_total.shape[0];
        Tensor all = cat([_total, _latest.flatten(), (validationLoss ?? _total[0]).reshape(1).to(ScalarType.Float64)], 0);
        double[] numbers = all.cpu().data<double>().ToArray();
        return new EpochReading(
            [.. numbers.Take(networks).Select(total => total / _examples)], validationLoss is null ? null : numbers[^1], numbers[networks..(2 * networks)], numbers[(2 * networks)..(3 * networks)]);
    }
}
