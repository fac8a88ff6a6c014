using Microsoft.ML.Implicit.Layers.LatentOde.Managed;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>A gated recurrent unit (Cho et al., 2014) whose features tell it the time between observations.</summary>
internal sealed class GruEncoder : SeriesEncoder
{
    [ComponentName(Name = "gru")]
    private readonly GRU _gru;

    public GruEncoder(long features, long stateWidth, Generator generator)
        : base(nameof(GruEncoder), stateWidth)
    {
        _gru = nn.GRU(features, stateWidth, batchFirst: true);
        Initialization.Uniform(_gru, 1 / Math.Sqrt(stateWidth), generator);
        RegisterComponents();
    }

    private Parameter[] Parameters => GruEncoding.ParametersOf(_gru);

    public override ManagedGruRows? CreateManaged()
    {
        Parameter[] parameters = Parameters;
        return new ManagedGruRows(parameters[0], parameters[1], parameters[2], parameters[3]);
    }

    public override Tensor Encode(Tensor history, Tensor gaps, Tensor lastIndices)
    {
        if (!GruEncoding.Suits(history) || is_grad_enabled())
        {
            return EncodePadded(history, lastIndices);
        }

        using var encoding = new GruEncoding(Parameters, history, lastIndices, isDifferentiable: false);
        return encoding.State.alias();
    }

    public override SeriesEncoding EncodeForTraining(Tensor history, Tensor gaps, Tensor lastIndices, Tensor places)
    {
        if (GruEncoding.Suits(history))
        {
            return new SelectedEncoding(new GruEncoding(Parameters, history, lastIndices, isDifferentiable: true, keepsAll: true), places);
        }

        (Tensor states, _) = _gru.call(history);
        return new SeriesEncoding.OfGraph(states.flatten(0, 1).index_select(0, places));
    }

    public override Tensor Step(Tensor state, Tensor features, Tensor gap)
    {
        (_, Tensor next) = _gru.call(features.unsqueeze(1), state.unsqueeze(0));
        return next.squeeze(0);
    }

    private Tensor EncodePadded(Tensor history, Tensor lastIndices)
    {
        (Tensor states, _) = _gru.call(history);
        return states.gather(1, lastIndices.view(-1, 1, 1).expand(-1, 1, StateWidth)).squeeze(1);
    }
}
