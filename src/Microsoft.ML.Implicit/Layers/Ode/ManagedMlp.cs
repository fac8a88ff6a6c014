using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary><see cref="MlpDynamics"/> on tiles in managed memory.</summary>
internal sealed unsafe class ManagedMlp : ManagedDynamics
{
    private readonly AffineLayer[] _sources;
    private readonly PackedAffine[] _layers;
    private readonly DynamicsActivation _activation;
    private readonly int _longestTile;

    public ManagedMlp(MlpDynamics dynamics)
    {
        Dimension = (int)dynamics.Dimension;
        _activation = dynamics.Activation;
        _sources = [.. dynamics.Layers];
        _layers = [.. _sources.Select(layer => new PackedAffine(layer.Weight, layer.Bias, layer.TimeWeight))];
        _longestTile = _layers.Max(layer => layer.TileLength);
    }

    public override int Dimension { get; }

    public override int ScratchLength => (2 * _longestTile) + _layers.Max(layer => layer.ScratchLength);

    public override long WorkPerRow => _layers.Sum(layer => layer.Work);

    public override void ReserveTimes(int count)
    {
        foreach (PackedAffine layer in _layers)
        {
            layer.ReserveTimes(count);
        }
    }

    public override void SetTime(int slot, double time)
    {
        foreach (PackedAffine layer in _layers)
        {
            layer.SetTime(slot, time);
        }
    }

    public override void Evaluate(int slot, int tile, float* point, float* slope, float* scratch)
    {
        float* input = point;
        for (int i = 0; i < _layers.Length - 1; i++)
        {
            float* output = scratch + (i % 2) * _longestTile;
            _layers[i].Evaluate(slot, input, output);
            Activate(output, _layers[i].TileLength);
            input = output;
        }

        _layers[^1].Evaluate(slot, input, slope);
    }

    public override int RecordLength => _layers[..^1].Sum(layer => layer.TileLength);

    public override int GradientLength => _layers.Sum(layer => layer.GradientLength);

    public override void EvaluateAndRecord(int slot, int tile, float* point, float* slope, float* record)
    {
        float* input = point;
        for (int i = 0; i < _layers.Length - 1; i++)
        {
            _layers[i].Evaluate(slot, input, record);
            Activate(record, _layers[i].TileLength);
            input = record;
            record += _layers[i].TileLength;
        }

        _layers[^1].Evaluate(slot, input, slope);
    }

    public override void Pullback(int slot, int tile, float* point, float* record, float* cotangent, float* stateCotangent, float* gradient, float* scratch)
    {
        float* activated = record + RecordLength;
        float* ownGradient = gradient + GradientLength;
        float* affineScratch = scratch + (2 * _longestTile);
        for (int i = _layers.Length - 1; i > 0; i--)
        {
            activated -= _layers[i - 1].TileLength;
            ownGradient -= _layers[i].GradientLength;
            float* inputCotangent = scratch + ((i % 2) * _longestTile);
            _layers[i].AddGradient(slot, activated, cotangent, ownGradient, affineScratch);
            _layers[i].Pullback(cotangent, inputCotangent);
            MultiplyByDerivative(inputCotangent, activated, _layers[i - 1].TileLength);
            cotangent = inputCotangent;
        }

        _layers[0].AddGradient(slot, point, cotangent, gradient, affineScratch);
        _layers[0].Pullback(cotangent, stateCotangent);
    }

    public override void AddGradient(float* gradient, Span<float> flat)
    {
        foreach ((AffineLayer source, PackedAffine layer) in _sources.Zip(_layers))
        {
            int weights = (int)source.Weight.numel();
            int outputs = (int)source.Bias.numel();
            int times = source.TimeWeight is null ? 0 : outputs;
            layer.AddGradient(gradient, flat[..weights], flat.Slice(weights + times, outputs), flat.Slice(weights, times));
            flat = flat[(weights + times + outputs)..];
            gradient += layer.GradientLength;
        }
    }

    protected override void Dispose(bool disposing)
    {
        foreach (PackedAffine layer in _layers)
        {
            layer.Dispose();
        }
    }

    private void MultiplyByDerivative(float* cotangent, float* activated, int length)
    {
        if (_activation == DynamicsActivation.Tanh)
        {
            VectorizedActivation.MultiplyByTanhDerivative(cotangent, activated, length);
        }
        else
        {
            VectorizedActivation.MultiplyBySoftplusDerivative(cotangent, activated, length);
        }
    }

    private void Activate(float* values, int length)
    {
        if (_activation == DynamicsActivation.Tanh)
        {
            VectorizedActivation.Tanh(values, length);
        }
        else
        {
            VectorizedActivation.Softplus(values, length);
        }
    }
}
