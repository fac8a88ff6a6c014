using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Relaxations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Relaxations;

/// <summary>
/// The piecewise constant u nearest to x (Rudin, Osher and Fatemi, 1992, in one norm): ½ ‖u - x‖² + Σ w |uᵢ - uⱼ| over the edges of a graph, such as a signal's or an image's
/// neighbours; differentiable with respect to x and w.
/// </summary>
/// <remarks>
/// Minima are exact. On a graph, the nodes where u is positive are the minimum cut for gains x and weights w: u is the relaxation through which cuts, and so all functions
/// made of cuts, are differentiated (Djolonga and Krause, 2017, "Differentiable learning of submodular models").
/// </remarks>
/// <example><code>
/// Tensor steps = TotalVariation.Denoise(signals, weight: torch.tensor(0.5));
/// Tensor segments = TotalVariation.Denoise(pixels, EdgeGraph.Grid(28, 28), weight);
/// </code></example>
public static class TotalVariation
{
    /// <summary>Smooths signals.</summary>
    /// <param name="values">x, float32 or float64 <c>[rows, values]</c>.</param>
    /// <param name="weight">w: <c>[]</c>, <c>[values - 1]</c> or <c>[rows, values - 1]</c>, in units of x times the length of a step that is to be left out; none negative.</param>
    /// <returns>u, of the shape of x; NaN where a row is not finite.</returns>
    /// <exception cref="ArgumentException">The tensors have other shapes, or a weight is negative or no number.</exception>
    public static Tensor Denoise(Tensor values, Tensor weight)
    {
        RowTensor.Check(values, nameof(values));
        return Denoise(values, EdgeGraph.Chain((int)values.shape[1]), weight);
    }

    /// <summary>Smooths values of the nodes of a graph.</summary>
    /// <param name="values">x, float32 or float64 <c>[rows, nodes]</c>.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="weight">w: <c>[]</c>, <c>[edges]</c> or <c>[rows, edges]</c>; none negative.</param>
    /// <returns>u, of the shape of x; NaN where a row is not finite.</returns>
    /// <exception cref="ArgumentException">The tensors have other shapes, or a weight is negative or no number.</exception>
    public static Tensor Denoise(Tensor values, EdgeGraph graph, Tensor weight)
    {
        RowTensor.Check(values, nameof(values));
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weight);
        (long rows, int edges) = (values.shape[0], graph.Edges.Count);
        if (values.shape[1] != graph.Nodes)
        {
            throw new ArgumentException($"There are {values.shape[1]} values a row and {graph.Nodes} nodes.", nameof(values));
        }

        if (!(weight.dim() == 0 || weight.shape.SequenceEqual([edges]) || weight.shape.SequenceEqual([rows, edges])))
        {
            throw new ArgumentException($"The weight must have shape [], [{edges}] or [{rows}, {edges}], and has [{string.Join(", ", weight.shape)}].", nameof(weight));
        }

        if (edges == 0 || rows == 0)
        {
            return values.alias();
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor weights = weight.to(values.dtype).to(values.device).expand(rows, edges);
        double[] numbers = Numbers(weights);
        if (numbers.Any(number => !(number >= 0 && double.IsFinite(number))))
        {
            throw new ArgumentException("A weight is negative or not finite.", nameof(weight));
        }

        double[] slopes = new double[numbers.Length];
        Tensor blocks = Blocks.Find(values, graph.Nodes, (row, x, own) =>
        {
            (int first, int width) = ((int)row * edges, edges);
            double[] solution = new double[x.Length];
            GraphTotalVariation.Solve(graph, x, numbers.AsSpan(first, width), solution);
            ConnectedParts.Find(graph, solution, own);
            for (int edge = 0; edge < edges; edge++)
            {
                (int from, int to) = graph.Edges[edge];
                slopes[first + edge] = own[from] == own[to] ? 0 : Math.Sign(solution[to] - solution[from]);
            }
        });

        // Within a block the pulls of its inner edges cancel, so that its value is the mean of x and of the pulls from outside.
        Tensor pulls = weights * NativeTensor.Of(slopes, [rows, edges], values.device).to(values.dtype);
        Tensor moved = values.index_add(1, Ends(graph, edge => edge.From, values.device), pulls, 1.Held())
            .index_add(1, Ends(graph, edge => edge.To, values.device), pulls.neg(), 1.Held());
        return RowTensor.WhereFinite(values, Blocks.Mean(moved, blocks)).MoveToOuterDisposeScope();
    }

    private static double[] Numbers(Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. values.detach().to(ScalarType.Float64).cpu().contiguous().data<double>()];
    }

    private static Tensor Ends(EdgeGraph graph, Func<(int From, int To), int> end, Device device) => tensor(graph.Edges.Select(edge => (long)end(edge)).ToArray()).to(device, copy: true);
}
