namespace Microsoft.ML.Implicit.Solvers.Relaxations;

/// <summary>Connected nodes of one value.</summary>
internal static class ConnectedParts
{
    /// <param name="graph">The graph.</param>
    /// <param name="values">A value a node.</param>
    /// <param name="parts">Receives for each node the first one of its part.</param>
    public static void Find(EdgeGraph graph, ReadOnlySpan<double> values, Span<long> parts)
    {
        for (int node = 0; node < parts.Length; node++)
        {
            parts[node] = node;
        }

        foreach ((int from, int to) in graph.Edges)
        {
            if (values[from].Equals(values[to]))
            {
                (long a, long b) = (Root(parts, from), Root(parts, to));
                parts[(int)Math.Max(a, b)] = Math.Min(a, b);
            }
        }

        for (int node = 0; node < parts.Length; node++)
        {
            parts[node] = Root(parts, node);
        }
    }

    private static long Root(Span<long> parts, long node)
    {
        while (parts[(int)node] != node)
        {
            node = parts[(int)node] = parts[(int)parts[(int)node]];
        }

        return node;
    }
}
