using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>One solve by Anderson acceleration.</summary>
internal sealed class AndersonRule(AndersonSettings settings) : IterationRule
{
    private AndersonHistory? _history;
    private GramSystem? _gram;
    private double[] _weights = [];

    public override Tensor Measure(Tensor z, Tensor f)
    {
        if (_history is null)
        {
            Allocate(z);
        }

        return _history!.Push(z, f);
    }

    public override double SquaredResidual(ReadOnlySpan<double> measured) => measured[_history!.Newest];

    public override Tensor Next(ReadOnlySpan<double> measured, int stride)
    {
        _gram!.SetRow(_history!.Newest, _history.Count, measured, stride);
        _gram.Solve(_history.Newest, _history.Count, _weights);
        return _history.Combine(_weights, 1 - settings.Mixing);
    }

    public override void SelectRows(Tensor rows, ReadOnlySpan<int> kept)
    {
        _history!.SelectRows(rows);
        _gram!.SelectRows(kept);
    }

    private void Allocate(Tensor z)
    {
        int rows = (int)z.shape[0];
        _history = (z.device_type, z.dtype) switch
        {
            (TorchSharp.DeviceType.CPU, ScalarType.Float32) => new ManagedAndersonHistory<float>(settings.Memory, z),
            (TorchSharp.DeviceType.CPU, ScalarType.Float64) => new ManagedAndersonHistory<double>(settings.Memory, z),
            _ => new TensorAndersonHistory(settings.Memory, z),
        };
        _gram = new GramSystem(rows, settings.Memory, settings.RidgeOf(z.dtype));
        _weights = new double[rows * settings.Memory];
    }
}
