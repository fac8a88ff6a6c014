using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons.Managed;

/// <summary><see cref="TraceForm"/> on tiles: the trace d₁ᵀ M d₂, or d₁ᵀ m with one hidden layer, for which d₂ is one.</summary>
internal sealed unsafe class ManagedTrace : IDisposable
{
    private readonly TraceForm _source;
    private readonly PackedAffine _form;
    private readonly AlignedBuffer _one;
    private readonly int _length;

    public ManagedTrace(TraceForm source)
    {
        _source = source;
        _form = new PackedAffine(source.Form, null, null);
        _length = (int)source.Form.shape[1] * Tile.Lanes;
        _one = new AlignedBuffer(Tile.Lanes);
        new Span<float>(_one.Pointer, Tile.Lanes).Fill(1);
    }

    /// <summary>Multiplications for one row.</summary>
    public long Work => _form.Work;

    /// <summary>Floats to record: d₁ᵀM and, in the pullback, the trace's cotangent times Md₂ and d₂.</summary>
    public int RecordLength => (2 * _form.TileLength) + _form.InputTileLength;

    /// <summary>Floats that the gradient of M is gathered in.</summary>
    public int GradientLength => _form.GradientLength;

    /// <summary>Floats that gathering the gradient needs.</summary>
    public int ScratchLength => _form.ScratchLength;

    /// <summary>Adds the trace of each row.</summary>
    public void Evaluate(float* first, float* second, float* record, float* trace)
    {
        _form.EvaluateLinear(first, record);
        TileProducts.AddDot(record, OrOne(second), _length, 1, trace);
    }

    /// <summary>Adds the gradient of M, before the cotangents of the derivatives are asked for.</summary>
    public void AddGradient(float* first, float* second, float* record, float* cotangent, float* gradient, float* scratch)
    {
        float* outer = record + _form.TileLength;
        new Span<float>(outer, _length).Clear();
        TileProducts.AddScaled(cotangent, 1, OrOne(second), _length, outer);
        _form.AddLinearGradient(first, outer, gradient, scratch);
    }

    /// <summary>Adds the cotangent of d₁ or d₂.</summary>
    public void AddDerivativeCotangent(int layer, float* record, float* cotangent, float* derivativeCotangent)
    {
        if (layer == 1)
        {
            TileProducts.AddScaled(cotangent, 1, record, _length, derivativeCotangent);
            return;
        }

        float* product = record + (2 * _form.TileLength);
        _form.Pullback(record + _form.TileLength, product);
        TileAlgebra.Combine(derivativeCotangent, product, [1f], _form.InputTileLength, derivativeCotangent);
    }

    /// <summary>Adds what was gathered to the gradient of M.</summary>
    public void AddGradient(float* gradient) => _form.AddGradient(gradient, MemoryMarshal.Cast<byte, float>(_source.FormGradient.bytes), [], []);

    /// <inheritdoc/>
    public void Dispose()
    {
        _form.Dispose();
        _one.Dispose();
    }

    private float* OrOne(float* second) => second == null ? _one.Pointer : second;
}
