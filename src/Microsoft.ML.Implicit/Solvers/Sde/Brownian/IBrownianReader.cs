using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>A path as one solve reads it: in one type, on one device.</summary>
internal interface IBrownianReader : IDisposable
{
    /// <summary>The increment between two times, <c>[rows, channels]</c>.</summary>
    Tensor Increment(double from, double to);

    /// <summary>The space-time Lévy area between two times, <c>[rows, channels]</c>.</summary>
    Tensor Area(double from, double to);
}
