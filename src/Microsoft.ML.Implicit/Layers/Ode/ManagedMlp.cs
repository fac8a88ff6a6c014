using System.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary><see cref="MlpDynamics"/> on tiles in managed memory.</summary>
internal sealed unsafe class ManagedMlp : ManagedDynamics
{
    private readonly PackedAffine[] _layers;
    private readonly DynamicsActivation _activation;
    private readonly int _longestTile;

    public ManagedMlp(MlpDynamics dynamics)
    {
        Dimension = (int)dynamics.Dimension;
        _activation = dynamics.Activation;
        _layers = [.. dynamics.Layers.Select(layer => new PackedAffine(layer))];
        _longestTile = _layers.Max(layer => layer.TileLength);
    }

    public override int Dimension { get; }

    public override int ScratchLength => 2 * _longestTile;

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

    public override void Evaluate(int slot, float* point, float* slope, float* scratch)
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

    public override int ParameterCount => _layers.Sum(layer => layer.ParameterCount);

    public override void EvaluateAndRecord(int slot, float* point, float* slope, float* record)
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

    public override void Pullback(int slot, float* point, float* record, float* cotangent, float* stateCotangent, float* gradient, float* scratch)
    {
        float* activated = record + RecordLength;
        float* ownGradient = gradient + ((long)ParameterCount * Vector<float>.Count);
        for (int i = _layers.Length - 1; i > 0; i--)
        {
            activated -= _layers[i - 1].TileLength;
            ownGradient -= (long)_layers[i].ParameterCount * Vector<float>.Count;
            float* inputCotangent = scratch + ((i % 2) * _longestTile);
            _layers[i].Pullback(slot, activated, cotangent, inputCotangent, ownGradient);
            MultiplyByDerivative(inputCotangent, activated, _layers[i - 1].TileLength);
            cotangent = inputCotangent;
        }

        _layers[0].Pullback(slot, point, cotangent, stateCotangent, gradient);
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
