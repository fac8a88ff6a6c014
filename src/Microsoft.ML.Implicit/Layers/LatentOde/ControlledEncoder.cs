using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>
/// A neural controlled differential equation dh = F(h) dX (Kidger, Morrill, Foster and Lyons, 2020), with X the natural
/// cubic spline through the observations' features. Each gap is one step of the classical Runge-Kutta method. The spline
/// depends on later observations too, so a new one means reading the history again.
/// </summary>
internal sealed class ControlledEncoder : SeriesEncoder
{
    [ComponentName(Name = "start")]
    private readonly Linear _start;

    [ComponentName(Name = "hidden")]
    private readonly Linear _hidden;

    [ComponentName(Name = "field")]
    private readonly Linear _field;

    private readonly long _features;

    public ControlledEncoder(long features, long stateWidth, Generator generator)
        : base(nameof(ControlledEncoder), stateWidth)
    {
        _features = features;
        _start = Initialization.Linear(features, stateWidth, generator);
        _hidden = Initialization.Linear(stateWidth, stateWidth, generator);
        _field = Initialization.Linear(stateWidth, stateWidth * features, generator);
        RegisterComponents();
    }

    public override bool IsIncremental => false;

    public override Tensor Encode(Tensor history, Tensor gaps, Tensor lastIndices)
    {
        Tensor state = _start.forward(history.select(1, 0));
        if (history.shape[1] == 1)
        {
            return state;
        }

        (Tensor lengths, Tensor curvatures) = NaturalCubicSplineFit.Fit(history, gaps, lastIndices);
        Tensor[] places = [.. ((double[])[0, 0.5, 1]).Select(place => full([], place.Held(), history.dtype, history.device))];
        for (long i = 0; i + 1 < history.shape[1]; i++)
        {
            Tensor length = lengths.select(1, i).unsqueeze(1);
            Tensor left = curvatures.select(1, i);
            Tensor right = curvatures.select(1, i + 1);
            Tensor difference = history.select(1, i + 1) - history.select(1, i);
            Tensor[] slopes = [.. places.Select(place => NaturalCubicSplineFit.Slope(difference, length, left, right, place))];
            Tensor k1 = Drive(state, slopes[0]);
            Tensor k2 = Drive(state.Plus(k1 / 2.Held()), slopes[1]);
            Tensor k3 = Drive(state.Plus(k2 / 2.Held()), slopes[1]);
            Tensor k4 = Drive(state.Plus(k3), slopes[2]);
            Tensor next = state.Plus(k1.Plus(2.Held() * k2).Plus(2.Held() * k3).Plus(k4) / 6.Held());
            state = where((lastIndices > i.Held()).unsqueeze(1), next, state);
        }

        return state;
    }

    public override Tensor Step(Tensor state, Tensor features, Tensor gap) =>
        throw new NotSupportedException("A spline changes with each observation: encode the history again.");

    private Tensor Drive(Tensor state, Tensor slope)
    {
        Tensor field = _field.forward(_hidden.forward(state).relu()).tanh().view(-1, StateWidth, _features);
        return field.matmul(slope.unsqueeze(2)).squeeze(2);
    }
}
