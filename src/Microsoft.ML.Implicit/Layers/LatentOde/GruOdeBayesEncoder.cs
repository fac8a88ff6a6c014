using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>
/// GRU-ODE-Bayes (De Brouwer, Simm, Arany and Moreau, 2019): between observations the continuous form of a GRU without
/// input, dh/dt = (1 - u)(g - h), which keeps the state bounded; a GRU cell at each observation.
/// </summary>
internal sealed class GruOdeBayesEncoder : SeriesEncoder
{
    private const int Steps = 2;

    [ComponentName(Name = "cell")]
    private readonly GRUCell _cell;

    [ComponentName(Name = "gates")]
    private readonly Linear _gates;

    [ComponentName(Name = "candidate")]
    private readonly Linear _candidate;

    public GruOdeBayesEncoder(long features, long stateWidth, Generator generator)
        : base(nameof(GruOdeBayesEncoder), stateWidth)
    {
        _cell = nn.GRUCell(features, stateWidth);
        Initialization.Uniform(_cell, 1 / Math.Sqrt(stateWidth), generator);
        _gates = Initialization.Linear(stateWidth, 2 * stateWidth, generator);
        _candidate = Initialization.Linear(stateWidth, stateWidth, generator);
        RegisterComponents();
    }

    // Gate and candidate are held over a step, in which the equation is then linear and solved exactly: no gap is too long.
    public override Tensor Step(Tensor state, Tensor features, Tensor gap)
    {
        Tensor step = gap / Steps.Held();
        for (int i = 0; i < Steps; i++)
        {
            Tensor[] gates = _gates.forward(state).sigmoid().chunk(2, 1);
            Tensor candidate = _candidate.forward(gates[0] * state).tanh();
            state = candidate.Plus((state - candidate) * (step * (gates[1] - 1.Held())).exp());
        }

        return _cell.forward(features, state);
    }
}
