using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>Evaluation of many examples batch by batch.</summary>
internal static class ExampleBatches
{
    /// <summary>Weighted mean of a loss over examples 0, 1, ..., with no graph and in a dispose scope a batch.</summary>
    /// <param name="count">Number of examples.</param>
    /// <param name="batchSize">Examples a batch.</param>
    /// <param name="device">Where the indices are made.</param>
    /// <param name="evaluate">From the indices of a batch, int64 [batch], to the weighted sum of its losses and the sum of its weights, of one element each.</param>
    /// <param name="cancellationToken">Looked at once a batch.</param>
    /// <returns>The mean, float64 of one element, on the device and in the current dispose scope.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Tensor Mean(long count, long batchSize, Device device, Func<Tensor, (Tensor Loss, Tensor Weight)> evaluate, CancellationToken cancellationToken)
    {
        using IDisposable noGradient = no_grad();
        Tensor total = zeros([], ScalarType.Float64, device);
        Tensor totalWeight = zeros([], ScalarType.Float64, device);
        for (long first = 0; first < count; first += batchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            long end = Math.Min(first + batchSize, count);
            (Tensor loss, Tensor weight) = evaluate(HeldArithmetic.Range(first, end, device));
            total.PlusInPlace(loss.to(ScalarType.Float64));
            totalWeight.PlusInPlace(weight.to(ScalarType.Float64));
        }

        return total.div(totalWeight);
    }
}
