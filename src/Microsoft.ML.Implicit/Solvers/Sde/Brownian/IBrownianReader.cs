using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>A path as one solve reads it: in one type, on one device.</summary>
internal interface IBrownianReader : IDisposable
{
    /// <summary>The increment between two times, <c>[rows, channels]</c>.</summary>
    Tensor Increment(double from, double to);

    /// <summary>The space-time Lévy area between two times, <c>[rows, channels]</c>.</summary>
    Tensor Area(double from, double to);

    /// <summary>y + w ((to - from) f + g dW) in one pass over memory, with the noise between two times.</summary>
    /// <param name="from">The first time.</param>
    /// <param name="to">The other.</param>
    /// <param name="state">y, <c>[rows, channels]</c>, contiguous and of the reader's type and device, as the next two are.</param>
    /// <param name="drift">f.</param>
    /// <param name="diffusion">g.</param>
    /// <param name="weight">w.</param>
    /// <returns>The result, or <see langword="null"/> where this reader has no such pass.</returns>
    Tensor? TryMove(double from, double to, Tensor state, Tensor drift, Tensor diffusion, double weight);
}
