using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Layers.LatentOde.Managed;

/// <summary><see cref="ResidualHead"/> with fixed weights for a few rows.</summary>
/// <param name="linear">The linear map, with the biases of both parts; the head owns all of its maps.</param>
/// <param name="hidden">The hidden layer.</param>
/// <param name="output">The layer behind it, without a bias.</param>
internal sealed unsafe class ManagedHead(PanelAffine linear, PanelAffine hidden, PanelAffine output) : IDisposable
{
    /// <summary>Floats of a row of outputs.</summary>
    public int Stride => linear.Stride;

    /// <summary>Floats that one row needs for the hidden layer.</summary>
    public int ScratchLength => hidden.Stride;

    /// <summary>Multiplications for one row.</summary>
    public long Work => linear.Work + hidden.Work + output.Work;

    /// <summary>Evaluates the head.</summary>
    /// <param name="inputs">Rows of inputs.</param>
    /// <param name="inputStride">Floats from one to the next.</param>
    /// <param name="rows">Their number.</param>
    /// <param name="outputs">Receives rows of <see cref="Stride"/> floats.</param>
    /// <param name="scratch"><see cref="ScratchLength"/> floats a row.</param>
    public void Evaluate(float* inputs, int inputStride, int rows, float* outputs, float* scratch)
    {
        hidden.Evaluate(inputs, inputStride, rows, scratch, hidden.Stride);
        VectorizedActivation.Silu(scratch, rows * hidden.Stride);
        linear.Evaluate(inputs, inputStride, rows, outputs, Stride);
        output.Evaluate(scratch, hidden.Stride, outputs, Stride, rows, outputs, Stride);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        linear.Dispose();
        hidden.Dispose();
        output.Dispose();
    }
}
