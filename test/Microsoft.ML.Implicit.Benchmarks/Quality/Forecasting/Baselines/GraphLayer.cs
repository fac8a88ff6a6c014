using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>A layer of a graph between times and variables, whose edges are values: variables attend to their values, times to theirs, and values learn from both.</summary>
internal sealed class GraphLayer : nn.Module
{
    private readonly GraphAttention _variables;
    private readonly GraphAttention _times;
    private readonly Linear _edges;

    public GraphLayer(int width, int heads)
        : base(nameof(GraphLayer))
    {
        _variables = new GraphAttention(width, 2 * width, heads);
        _times = new GraphAttention(width, 2 * width, heads);
        _edges = nn.Linear(3 * width, width);
        RegisterComponents();
    }

    /// <summary>Maps the states of times, variables and edges, [count, width] each.</summary>
    /// <param name="times">Times.</param>
    /// <param name="variables">Variables.</param>
    /// <param name="edges">Edges.</param>
    /// <param name="timeOf">int64 [edges]: time of each edge.</param>
    /// <param name="variableOf">int64 [edges]: variable of each edge.</param>
    /// <param name="seen">How many of the edges, from the first on, times and variables attend to.</param>
    public (Tensor Times, Tensor Variables, Tensor Edges) Map(Tensor times, Tensor variables, Tensor edges, Tensor timeOf, Tensor variableOf, long seen)
    {
        Tensor time = times.index_select(0, timeOf), variable = variables.index_select(0, variableOf);
        Tensor nextVariables = _variables.forward(variables, cat([time, edges], 1).narrow(0, 0, seen), variableOf.narrow(0, 0, seen));
        Tensor nextTimes = _times.forward(times, cat([variable, edges], 1).narrow(0, 0, seen), timeOf.narrow(0, 0, seen));
        Tensor nextEdges = nn.functional.relu(edges + _edges.forward(cat([edges, time, variable], 1)));
        return (nextTimes, nextVariables, nextEdges);
    }
}
