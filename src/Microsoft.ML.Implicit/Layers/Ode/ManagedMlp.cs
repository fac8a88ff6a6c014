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

    protected override void Dispose(bool disposing)
    {
        foreach (PackedAffine layer in _layers)
        {
            layer.Dispose();
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
