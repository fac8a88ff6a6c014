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
        // Packed, so that no time is spent on padding.
        using nn.utils.rnn.PackedSequence packed = nn.utils.rnn.pack_padded_sequence(history, lastIndices.cpu() + 1, batch_first: true, enforce_sorted: false);
        (nn.utils.rnn.PackedSequence states, Tensor last) = _gru.call(packed);
        states.Dispose();
        return last.squeeze(0);
    }

    public override Tensor Step(Tensor state, Tensor features, Tensor gap)
    {
        (_, Tensor next) = _gru.call(features.unsqueeze(1), state.unsqueeze(0));
        return next.squeeze(0);
    }
}
