using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>A GRU told the gaps between observations, and a perceptron that maps its state and the time ahead to the values there.</summary>
internal sealed class GatedRecurrent : NeuralBaseline
{
    private const int Width = 64;
    private GRU _gru = null!;
    private Sequential _head = null!;

    public override string Name => "GRU with time gaps";

    protected override nn.Module[] Create(QuestionScaling scaling, Panel panel)
    {
        _gru = nn.GRU(scaling.InputCount, Width, batchFirst: true);
        _head = nn.Sequential(
            ("hidden", nn.Linear(Width + 1 + Math.Max(1, scaling.CovariateCount), Width)),
            ("activation", nn.Tanh()),
            ("output", nn.Linear(Width, scaling.VariableCount)));
        return [_gru, _head];
    }

    protected override Tensor Predict(QuestionBatch batch)
    {
        (Tensor states, _) = _gru.call(batch.Inputs);
        Tensor state = Last(states, batch).unsqueeze(1).expand(-1, batch.Ahead.shape[1], -1);
        return _head.forward(cat([state, batch.Ahead.unsqueeze(2), batch.TargetInputs], 2));
    }
}
