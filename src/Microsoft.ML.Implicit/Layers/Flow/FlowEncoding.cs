using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>Rows carried to the base distribution.</summary>
/// <param name="Latent">z(0), <c>[batch, dimension]</c>.</param>
/// <param name="LogDensity">Log density of each row, in nats, <c>[batch]</c>.</param>
public sealed record FlowEncoding(Tensor Latent, Tensor LogDensity) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Latent.Dispose();
        LogDensity.Dispose();
    }
}
