using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>
/// Multi-head attention of the nodes of a graph to their edges (Yalavarthi et al., "GraFITi: Graphs for forecasting irregularly sampled time series", AAAI 2024,
/// after the attention blocks of Lee et al., "Set transformer", ICML 2019). Edges are a list, so that work grows with what was observed.
/// </summary>
internal sealed class GraphAttention : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    // Softmax is the same for all numbers that are taken off a node's scores; one limit for all nodes needs no maximum of each.
    private const double LargestScore = 30;

    private readonly int _heads;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;

    /// <param name="width">Width of a node.</param>
    /// <param name="edgeWidth">Width of what is known of an edge and the node at its other end.</param>
    /// <param name="heads">Number of heads, which divides the width.</param>
    public GraphAttention(int width, int edgeWidth, int heads)
        : base(nameof(GraphAttention))
    {
        _heads = heads;
        _query = nn.Linear(width, width);
        _key = nn.Linear(edgeWidth, width);
        _value = nn.Linear(edgeWidth, width);
        _output = nn.Linear(width, width);
        RegisterComponents();
    }

    /// <param name="nodes">[nodes, width].</param>
    /// <param name="edges">[edges, edge width].</param>
    /// <param name="ends">int64 [edges]: the node that each edge belongs to.</param>
    /// <returns>[nodes, width].</returns>
    public override Tensor forward(Tensor nodes, Tensor edges, Tensor ends)
    {
        long width = nodes.shape[1], part = width / _heads;
        Tensor query = _query.forward(nodes);
        Tensor key = _key.forward(edges).view(-1, _heads, part);
        Tensor value = _value.forward(edges).view(-1, _heads, part);
        Tensor score = (query.index_select(0, ends).view(-1, _heads, part) * key).sum(2) / Math.Sqrt(width);
        Tensor weight = score.clamp(-LargestScore, LargestScore).exp();
        Tensor total = zeros([nodes.shape[0], _heads], nodes.dtype, nodes.device).index_add(0, ends, weight, 1);
        Tensor share = weight / total.index_select(0, ends);
        Tensor attended = zeros_like(nodes).index_add(0, ends, (share.unsqueeze(2) * value).view(-1, width), 1);
        Tensor state = query + attended;
        return state + nn.functional.relu(_output.forward(state));
    }
}
