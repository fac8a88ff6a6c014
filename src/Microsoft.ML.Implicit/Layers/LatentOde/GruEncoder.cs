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

    public override Tensor Encode(Tensor history, Tensor gaps, Tensor lastIndices)
    {
        (Tensor states, _) = _gru.call(history);
        Tensor index = lastIndices.view(-1, 1, 1).expand(-1, 1, StateWidth);
        return states.gather(1, index).squeeze(1);
    }

    public override Tensor Step(Tensor state, Tensor features, Tensor gap)
    {
        (_, Tensor next) = _gru.call(features.unsqueeze(1), state.unsqueeze(0));
        return next.squeeze(0);
    }
}
