using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>
/// Layers of linear recurrences in continuous time: between observations states turn and decay by exp(λ Δt), which needs no solver, others are rotated by what is observed, and
/// what is nonlinear stands between the layers. The first of them sees each channel's change from the point before too, of which a state of one point could not know.
/// It is causal; its features are the state at the last point beside the mean over all points.
/// </summary>
internal sealed class RecurrentSeriesEncoder : WholeSeriesEncoder
{
    [ComponentName(Name = "embedding")]
    private readonly Linear _embedding;

    [ComponentName(Name = "changes")]
    private readonly Linear? _changes;

    [ComponentName(Name = "layers")]
    private readonly ModuleList<RecurrenceLayer> _layers;

    private readonly long[] _partialChannels;
    private readonly long _width;

    /// <param name="shape">What is known of the series.</param>
    /// <param name="width">Width of the layers.</param>
    /// <param name="layers">Number of layers.</param>
    /// <param name="rotations">Number of blocks of states in a layer that observations rotate.</param>
    /// <param name="seesChanges">Whether changes are inputs.</param>
    /// <param name="generator">Source of initial weights.</param>
    public RecurrentSeriesEncoder(SeriesShape shape, long width, int layers, long rotations, bool seesChanges, Generator generator)
        : base(nameof(RecurrentSeriesEncoder))
    {
        _width = width;
        _partialChannels = Array.ConvertAll(shape.PartialChannels, channel => (long)channel);
        _embedding = Initialization.Linear(shape.Channels + _partialChannels.Length + shape.Statics + 1, width, generator);
        _changes = seesChanges ? Initialization.Linear(shape.Channels, width, generator) : null;
        _layers = nn.ModuleList([.. Enumerable.Range(0, layers).Select(_ => new RecurrenceLayer(width, width, rotations, shape.Span, generator))]);
        RegisterComponents();
    }

    public override long FeatureCount => 2 * _width;

    public override Tensor Encode(SeriesInputs inputs, out int evaluations)
    {
        evaluations = 0;
        ScalarType type = inputs.Values.dtype;
        long points = inputs.Values.shape[1];
        PathGrid grid = PathGrid.Of(inputs.Times);
        Tensor gaps = nn.functional.pad(inputs.Times.diff(dim: 1), [1, 0]).log1p().unsqueeze(2).to(type);
        Tensor observed = MissingValues.Observed(grid, inputs.Values).index_select(2, tensor(_partialChannels, device: inputs.Values.device)).to(type);
        Tensor statics = inputs.Statics.unsqueeze(1).expand(-1, points, -1);
        Tensor isPoint = HeldArithmetic.Range(0, points, inputs.Values.device).unsqueeze(0).le(inputs.LastIndices.unsqueeze(1)).unsqueeze(2).to(type);
        Tensor held = MissingValues.HoldLast(grid, inputs.Values);
        Tensor values = _embedding.forward(cat([held, observed, statics, gaps], 2));
        Tensor? changes = _changes?.forward(nn.functional.pad(held.diff(dim: 1), [0, 0, 1, 0]));
        foreach (RecurrenceLayer layer in _layers)
        {
            values = layer.forward(inputs.Times, values, changes, isPoint);
            changes = null;
        }

        Tensor last = values.gather(1, inputs.LastIndices.view(-1, 1, 1).expand(-1, 1, _width)).squeeze(1);
        Tensor mean = (values * isPoint).sum(1) / inputs.LastIndices.Plus(1.Held()).unsqueeze(1);
        return cat([last, mean], 1);
    }
}
