using Microsoft.ML.Implicit.Numerics;
using TorchSharp;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons.Managed;

/// <summary><see cref="PerceptronLayer"/> on tiles, for values and tangents.</summary>
internal sealed unsafe class ManagedPerceptronLayer : IDisposable
{
    private readonly PerceptronLayer _source;
    private readonly PackedAffine _affine;
    private readonly PackedGate? _gate;

    public ManagedPerceptronLayer(PerceptronLayer source)
    {
        _source = source;
        _gate = source.GateWeight is null ? null : new PackedGate(source.TimeWeight!, source.GateWeight, source.GateBias!);
        _affine = new PackedAffine(source.Weight, source.Bias, _gate is null ? source.TimeWeight : null);
        TileLength = _affine.TileLength;
    }

    /// <summary>Whether time gates the output.</summary>
    public bool HasGate => _gate is not null;

    /// <summary>Length of a tile of outputs.</summary>
    public int TileLength { get; }

    /// <summary>Multiplications for one row.</summary>
    public long Work => _affine.Work;

    /// <summary>Floats that the gradient is gathered in.</summary>
    public int GradientLength => _affine.GradientLength + (_gate?.GradientLength ?? 0);

    /// <summary>Floats that gathering the gradient needs.</summary>
    public int ScratchLength => _affine.ScratchLength;

    public void ReserveTimes(int count)
    {
        _affine.ReserveTimes(count);
        _gate?.ReserveTimes(count);
    }

    public void SetTime(int slot, double time)
    {
        _affine.SetTime(slot, time);
        _gate?.SetTime(slot, time);
    }

    /// <summary>The layer's values.</summary>
    /// <param name="slot">Slot of the time.</param>
    /// <param name="input">x.</param>
    /// <param name="contextShift">y V, or <see langword="null"/>.</param>
    /// <param name="output">Receives the output.</param>
    /// <param name="product">Receives the gated part of it, where there is a gate.</param>
    public void Evaluate(int slot, float* input, float* contextShift, float* output, float* product)
    {
        _affine.Evaluate(slot, input, output);
        if (contextShift != null)
        {
            TileAlgebra.Combine(output, contextShift, [1f], TileLength, output);
        }

        _gate?.Evaluate(slot, output, product);
    }

    /// <summary>The output's tangent from the input's.</summary>
    public void EvaluateTangent(int slot, float* input, float* output)
    {
        _affine.EvaluateLinear(input, output);
        _gate?.EvaluateLinear(slot, output);
    }

    /// <summary>Adds the parameters' gradient from the cotangent of the output, which becomes that of x W.</summary>
    public void AddGradient(int slot, float* input, float* cotangent, float* product, float* gradient, float* scratch)
    {
        _gate?.Pullback(slot, cotangent, product, gradient + _affine.GradientLength);
        _affine.AddGradient(slot, input, cotangent, gradient, scratch);
    }

    /// <summary>Adds the parameters' gradient from the cotangent of the output's tangent, which becomes that of its part before the gate.</summary>
    public void AddTangentGradient(int slot, float* input, float* cotangent, float* tangent, float* gradient, float* scratch)
    {
        _gate?.PullbackLinear(slot, cotangent, tangent, gradient + _affine.GradientLength);
        _affine.AddLinearGradient(input, cotangent, gradient, scratch);
    }

    /// <summary>The cotangent of the input from that of x W.</summary>
    public void Pullback(float* cotangent, float* inputCotangent) => _affine.Pullback(cotangent, inputCotangent);

    /// <summary>Adds what was gathered to this layer's part of the flat gradient.</summary>
    /// <returns>The part of the flat gradient after this layer's.</returns>
    public Span<float> AddGradient(float* gradient, Span<float> flat)
    {
        Span<float> weight = Next(_source.Weight, ref flat);
        _ = Next(_source.ContextWeight, ref flat);
        Span<float> time = Next(_source.TimeWeight, ref flat);
        Span<float> bias = Next(_source.Bias, ref flat);
        _affine.AddGradient(gradient, weight, bias, _gate is null ? time : []);
        if (_gate is not null)
        {
            int length = time.Length;
            float* gathered = gradient + _affine.GradientLength;
            Add(gathered, time);
            Add(gathered + length, Next(_source.GateWeight, ref flat));
            Add(gathered + (2 * length), Next(_source.GateBias, ref flat));
        }

        return flat;
    }

    /// <inheritdoc/>
    public void Dispose() => _affine.Dispose();

    private static Span<float> Next(torch.Tensor? parameter, ref Span<float> flat)
    {
        int count = (int)(parameter?.numel() ?? 0);
        Span<float> part = flat[..count];
        flat = flat[count..];
        return part;
    }

    private static void Add(float* source, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] += source[i];
        }
    }
}
