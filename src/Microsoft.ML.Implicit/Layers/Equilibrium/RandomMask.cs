using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>Dropout masks from a generator of one's own.</summary>
internal static class RandomMask
{
    /// <summary>A mask of zeros, with probability <paramref name="rate"/>, and 1 / (1 − rate), in the shape and type of a tensor.</summary>
    public static Tensor Like(Tensor tensor, double rate, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mask = empty(tensor.shape, tensor.dtype, generator.device).bernoulli_(1 - rate, generator).div_((1 - rate).Held());
        return mask.to(tensor.device).MoveToOuterDisposeScope();
    }
}
