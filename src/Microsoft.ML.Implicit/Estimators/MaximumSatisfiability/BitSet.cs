using Microsoft.ML.Implicit.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Training rows of bits, on the CPU.</summary>
/// <param name="Bits">Float32 [rows, bits], from 0 to 1, or NaN.</param>
/// <param name="IsKnown">Bool [rows, bits]; where bits are hidden at random, those that are not NaN.</param>
/// <param name="Weights">Float32 [rows], of mean 1.</param>
internal sealed record BitSet(Tensor Bits, Tensor IsKnown, Tensor Weights) : ITrainingRows<BitSet>
{
    public long Count => Bits.shape[0];

    public BitSet Select(Tensor rows) => new(Bits.index_select(0, rows), IsKnown.index_select(0, rows), Weights.index_select(0, rows));

    public BitSet To(Device device) => new(Bits.to(device), IsKnown.to(device), Weights.to(device));

    public BitSet Detach()
    {
        Bits.DetachFromDisposeScope();
        IsKnown.DetachFromDisposeScope();
        Weights.DetachFromDisposeScope();
        return this;
    }

    public void Dispose()
    {
        Bits.Dispose();
        IsKnown.Dispose();
        Weights.Dispose();
    }
}
