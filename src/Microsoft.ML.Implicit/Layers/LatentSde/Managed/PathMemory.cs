using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Layers.LatentSde.Managed;

/// <summary>What a step of the paths of a row needs.</summary>
internal sealed unsafe class PathMemory : IDisposable
{
    private const int Arrays = 5;

    private readonly AlignedBuffer _buffer;
    private readonly AlignedBuffer _hidden;
    private readonly int _length;

    /// <param name="length">Floats of the states of all paths.</param>
    /// <param name="hidden">Floats of the widest layer of the drift for all of them.</param>
    public PathMemory(int length, int hidden)
    {
        _length = length;
        _buffer = new AlignedBuffer((long)Arrays * length);
        _hidden = new AlignedBuffer(Math.Max(2L * hidden, (long)ManagedDiffusion.ScratchPerFloat * length));
    }

    /// <summary>States before the step.</summary>
    public float* Before => _buffer.Pointer;

    /// <summary>f before the step.</summary>
    public float* Slopes => Before + _length;

    /// <summary>g before the step, less its least value.</summary>
    public float* Values => Slopes + _length;

    /// <summary>f after the step.</summary>
    public float* EndSlopes => Values + _length;

    /// <summary>g after the step, less its least value.</summary>
    public float* EndValues => EndSlopes + _length;

    /// <summary>Two layers of the drift, or scratch memory of the diffusion.</summary>
    public float* Hidden => _hidden.Pointer;

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffer.Dispose();
        _hidden.Dispose();
    }
}
