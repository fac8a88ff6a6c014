using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>The losses of an epoch's steps, kept where they were computed, so that a GPU need not wait for the host in every step.</summary>
internal sealed class EpochLosses
{
    private readonly long _examples;
    private readonly Tensor _total;

    // Loss and gradient norm of the latest step, or of the first one that had an infinite or NaN one.
    private readonly Tensor _latest;

    /// <summary>Creates the sum of no losses, in the current dispose scope.</summary>
    public EpochLosses(long examples, Device device)
    {
        _examples = examples;
        _total = zeros([], ScalarType.Float64, device);
        _latest = zeros([2], ScalarType.Float64, device);
    }

    /// <summary>Takes in a step.</summary>
    /// <param name="loss">Mean loss of its examples, of one element.</param>
    /// <param name="gradientNorm">Norm of its gradients, of one element.</param>
    /// <param name="examples">Number of its examples.</param>
    public void Add(Tensor loss, Tensor gradientNorm, long examples)
    {
        using IDisposable noGradient = no_grad();
        Tensor step = stack([loss.detach().reshape([]).to(ScalarType.Float64), gradientNorm.reshape([]).to(ScalarType.Float64)]);
        _latest.copy_(where(_latest.isfinite().all(), step, _latest));
        _total.PlusInPlace(step[0] * examples.Held());
    }

    /// <summary>Reads what the epoch came to: the one time that the host waits for the device.</summary>
    /// <param name="validationLoss">Mean loss on validation examples, of one element, or <see langword="null"/> without any.</param>
    public EpochReading Read(Tensor? validationLoss)
    {
        Tensor all = cat([_total.reshape(1), _latest, (validationLoss ?? _total).reshape(1).to(ScalarType.Float64)], 0);
        double[] numbers = all.cpu().data<double>().ToArray();
        return new EpochReading(numbers[0] / _examples, validationLoss is null ? null : numbers[3], numbers[1], numbers[2]);
    }
}
