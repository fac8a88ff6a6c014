using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>A gated recurrent unit (Cho et al., 2014) whose features tell it the time between observations.</summary>
internal sealed class GruEncoder : SeriesEncoder
{
    private const long SmallestSplit = 32;

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
        // Half the rows of a batch are often far shorter than the longest one; read apart, they cost no more than they hold.
        if (history.shape[0] < SmallestSplit)
        {
            return EncodePadded(history, lastIndices);
        }

        Tensor order = lastIndices.argsort();
        Tensor shorter = order.narrow(0, 0, order.shape[0] / 2);
        Tensor longer = order.narrow(0, shorter.shape[0], order.shape[0] - shorter.shape[0]);
        long length = lastIndices[shorter[-1]].item<long>() + 1;
        Tensor states = cat([EncodePadded(history.narrow(1, 0, length).index_select(0, shorter), lastIndices.index_select(0, shorter)), EncodePadded(history.index_select(0, longer), lastIndices.index_select(0, longer))]);
        return states.index_select(0, order.argsort());
    }

    private Tensor EncodePadded(Tensor history, Tensor lastIndices)
    {
        (Tensor states, _) = _gru.call(history);
        return states.gather(1, lastIndices.view(-1, 1, 1).expand(-1, 1, StateWidth)).squeeze(1);
    }

    public override Tensor Step(Tensor state, Tensor features, Tensor gap)
    {
        (_, Tensor next) = _gru.call(features.unsqueeze(1), state.unsqueeze(0));
        return next.squeeze(0);
    }
}
