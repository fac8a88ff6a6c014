using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Relaxations;

/// <summary>
/// Minimises ½ Σ (uᵢ - xᵢ)² + Σ w |uᵢ - uⱼ| over the edges of a graph exactly: the least-norm point of the base polytope of a cut function, by decomposition (Groenevelt, 1991;
/// Chambolle and Darbon, 2009, "On total variation minimization and surface evolution using parametric maximum flows"). A part of the graph either has one value, its mean, or
/// a minimum cut at its mean parts it into nodes above and below, which then bear on each other by the weights of the edges between them alone.
/// </summary>
internal static class GraphTotalVariation
{
    /// <param name="graph">The graph.</param>
    /// <param name="values">x, finite, one a node.</param>
    /// <param name="weights">w, none negative, one an edge.</param>
    /// <param name="solution">Receives u; connected nodes of one value are equal to the last bit.</param>
    public static void Solve(EdgeGraph graph, ReadOnlySpan<double> values, ReadOnlySpan<double> weights, Span<double> solution)
    {
        if (graph.IsChain)
        {
            ChainTotalVariation.Solve(values, weights, solution);
            return;
        }

        double[] moved = values.ToArray(), edgeWeights = new double[weights.Length];
        TensorPrimitives.Min(weights, ChainTotalVariation.LargestWeight(values), edgeWeights);
        double scale = moved.Select(Math.Abs).Concat(edgeWeights).DefaultIfEmpty().Max();
        int[] part = new int[graph.Nodes];
        List<int>[] edges = Incident(graph);
        var open = new Stack<int[]>([[.. Enumerable.Range(0, graph.Nodes)]]);
        for (int parts = 0; open.TryPop(out int[]? nodes);)
        {
            double mean = nodes.Average(node => moved[node]);
            int[] above = Above(nodes, mean);
            if (above.Length == 0 || above.Length == nodes.Length || Gain(above, mean) <= 1e-12 * scale * nodes.Length)
            {
                foreach (int node in nodes)
                {
                    solution[node] = mean;
                }

                continue;
            }

            parts++;
            Array.ForEach(above, node => part[node] = parts);
            int[] below = [.. nodes.Where(node => part[node] != parts)];
            int old = below.Length > 0 ? part[below[0]] : 0;
            foreach (int node in above)
            {
                foreach (int edge in edges[node])
                {
                    int other = Other(edge, node);
                    if (part[other] == old)
                    {
                        moved[node] -= edgeWeights[edge];
                        moved[other] += edgeWeights[edge];
                    }
                }
            }

            open.Push(above);
            open.Push(below);
        }

        int Other(int edge, int node) => graph.Edges[edge].From == node ? graph.Edges[edge].To : graph.Edges[edge].From;

        int[] Above(int[] nodes, double mean)
        {
            var flow = new MaximumFlow(nodes.Length);
            var places = new Dictionary<int, int>(nodes.Length);
            for (int i = 0; i < nodes.Length; i++)
            {
                places[nodes[i]] = i;
                flow.AddCost(i, mean - moved[nodes[i]]);
            }

            foreach (int node in nodes)
            {
                foreach (int edge in edges[node])
                {
                    if (graph.Edges[edge].From == node && places.TryGetValue(graph.Edges[edge].To, out int to))
                    {
                        flow.AddEdge(places[node], to, edgeWeights[edge]);
                    }
                }
            }

            bool[] taken = flow.Solve();
            return [.. nodes.Where((_, i) => taken[i])];
        }

        // What taking the nodes above is better by than taking none or all.
        double Gain(int[] above, double mean)
        {
            var taken = new HashSet<int>(above);
            double cut = above.Sum(node => edges[node].Sum(edge => part[Other(edge, node)] == part[node] && !taken.Contains(Other(edge, node)) ? edgeWeights[edge] : 0));
            return above.Sum(node => moved[node] - mean) - cut;
        }
    }

    private static List<int>[] Incident(EdgeGraph graph)
    {
        List<int>[] edges = [.. Enumerable.Range(0, graph.Nodes).Select(_ => new List<int>())];
        for (int edge = 0; edge < graph.Edges.Count; edge++)
        {
            edges[graph.Edges[edge].From].Add(edge);
            edges[graph.Edges[edge].To].Add(edge);
        }

        return edges;
    }
}
