using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>Histories as an encoder has read them, to be pulled back outside the graph of what follows.</summary>
internal abstract class SeriesEncoding : IDisposable
{
    /// <summary>State after each row's last observation, [batch, state].</summary>
    public abstract Tensor State { get; }

    /// <summary>Adds the gradient of the encoder's parameters to theirs.</summary>
    /// <param name="cotangent">Gradient of the loss with respect to <see cref="State"/>.</param>
    public abstract void Backward(Tensor cotangent);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);

    /// <summary>An encoding by tensor operations, with autograd's graph.</summary>
    /// <param name="state">The state with its graph.</param>
    internal sealed class OfGraph(Tensor state) : SeriesEncoding
    {
        public override Tensor State { get; } = state;

        public override void Backward(Tensor cotangent) => State.backward([cotangent]);

        protected override void Dispose(bool disposing) => State.Dispose();
    }
}
