using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>
/// ODE-RNN (Rubanova, Chen and Duvenaud, 2019): dh/dt = f(h) between observations, a GRU cell at each. Rows have gaps of
/// their own, so each gap is scaled to the same number of steps of the midpoint rule.
/// </summary>
internal sealed class OdeRnnEncoder : SeriesEncoder
{
    private const int Steps = 2;

    // Gaps are in median gaps; beyond this many the state is taken to stand still.
    private const double LongestGap = 8;

    [ComponentName(Name = "cell")]
    private readonly GRUCell _cell;

    [ComponentName(Name = "hidden")]
    private readonly Linear _hidden;

    [ComponentName(Name = "slope")]
    private readonly Linear _slope;

    public OdeRnnEncoder(long features, long stateWidth, Generator generator)
        : base(nameof(OdeRnnEncoder), stateWidth)
    {
        _cell = nn.GRUCell(features, stateWidth);
        Initialization.Uniform(_cell, 1 / Math.Sqrt(stateWidth), generator);
        _hidden = Initialization.Linear(stateWidth, stateWidth, generator);
        _slope = Initialization.Zero(stateWidth, stateWidth);
        RegisterComponents();
    }

    public override Tensor Step(Tensor state, Tensor features, Tensor gap)
    {
        Tensor step = gap.clamp_max(LongestGap.Held()) / Steps.Held();
        for (int i = 0; i < Steps; i++)
        {
            state = state.Plus(step * Slope(state.Plus(step / 2.Held() * Slope(state))));
        }

        return _cell.forward(features, state);
    }

    private Tensor Slope(Tensor state) => _slope.forward(_hidden.forward(state).tanh());
}
