using System.Numerics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons.Managed;

/// <summary>x ∘ s(t) + t w with s(t) = sigmoid(t g + h) for tiles, the gate of <see cref="PerceptronLayer"/>, with its pullback.</summary>
internal sealed unsafe class PackedGate
{
    private readonly float[] _timeWeight;
    private readonly float[] _gateWeight;
    private readonly float[] _gateBias;
    private float[] _times = [];
    private float[][] _gates = [];

    public PackedGate(Tensor timeWeight, Tensor gateWeight, Tensor gateBias) =>
        (_timeWeight, _gateWeight, _gateBias) = ([.. timeWeight.data<float>()], [.. gateWeight.data<float>()], [.. gateBias.data<float>()]);

    /// <summary>Floats that the gradient is gathered in: those of w, g and h.</summary>
    public int GradientLength => 3 * Outputs;

    private int Outputs => _timeWeight.Length;

    public void ReserveTimes(int count)
    {
        _times = new float[count];
        _gates = [.. Enumerable.Range(0, count).Select(_ => new float[Outputs])];
    }

    public void SetTime(int slot, double time)
    {
        float t = (float)time;
        _times[slot] = t;
        for (int j = 0; j < Outputs; j++)
        {
            _gates[slot][j] = 1 / (1 + MathF.Exp(-((t * _gateWeight[j]) + _gateBias[j])));
        }
    }

    /// <summary>Replaces x by its output, and stores x ∘ s beside it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Evaluate(int slot, float* values, float* products)
    {
        float[] gates = _gates[slot];
        for (int j = 0; j < gates.Length; j++)
        {
            var shift = new Vector<float>(_times[slot] * _timeWeight[j]);
            for (int half = 0; half < 2; half++)
            {
                Vector<float> product = Vector.Load(values) * gates[j];
                product.Store(products);
                (product + shift).Store(values);
                values += Vector<float>.Count;
                products += Vector<float>.Count;
            }
        }
    }

    /// <summary>Replaces x by x ∘ s, as tangents are mapped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void EvaluateLinear(int slot, float* values)
    {
        foreach (float gate in _gates[slot])
        {
            (Vector.Load(values) * gate).Store(values);
            (Vector.Load(values + Vector<float>.Count) * gate).Store(values + Vector<float>.Count);
            values += 2 * Vector<float>.Count;
        }
    }

    /// <summary>Adds the gradients of w, g and h from the cotangent of the output, and replaces that by the cotangent of x.</summary>
    public void Pullback(int slot, float* cotangent, float* products, float* gradient)
    {
        int width = Vector<float>.Count;
        for (int j = 0; j < Outputs; j++)
        {
            gradient[j] += _times[slot] * (Vector.Sum(Vector.Load(cotangent + (2 * j * width))) + Vector.Sum(Vector.Load(cotangent + (2 * j * width) + width)));
        }

        PullbackLinear(slot, cotangent, products, gradient);
    }

    /// <summary>The same for tangents, which w does not act on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void PullbackLinear(int slot, float* cotangent, float* products, float* gradient)
    {
        int width = Vector<float>.Count;
        float[] gates = _gates[slot];
        for (int j = 0; j < gates.Length; j++)
        {
            Vector<float> low = Vector.Load(cotangent);
            Vector<float> high = Vector.Load(cotangent + width);

            // With p = x s and s' = s (1 - s), the cotangent of the sigmoid's argument is Σ c p (1 - s).
            float logit = Vector.Sum((low * Vector.Load(products)) + (high * Vector.Load(products + width))) * (1 - gates[j]);
            gradient[Outputs + j] += _times[slot] * logit;
            gradient[(2 * Outputs) + j] += logit;
            (low * gates[j]).Store(cotangent);
            (high * gates[j]).Store(cotangent + width);
            cotangent += 2 * width;
            products += 2 * width;
        }
    }
}
