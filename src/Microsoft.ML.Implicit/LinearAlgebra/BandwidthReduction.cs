namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>Orders the vertices of a graph so that neighbours stand near one another: Cuthill and McKee, "Reducing the bandwidth of sparse symmetric matrices", 1969.</summary>
internal static class BandwidthReduction
{
    /// <param name="neighbours">Neighbours of each vertex.</param>
    /// <returns>The vertices in their new order.</returns>
    public static int[] Order(int[][] neighbours)
    {
        var order = new List<int>(neighbours.Length);
        bool[] seen = new bool[neighbours.Length];
        for (int vertex = 0; vertex < neighbours.Length; vertex++)
        {
            if (!seen[vertex])
            {
                int end = Levels(neighbours, Levels(neighbours, vertex)[^1])[^1];
                foreach (int next in Levels(neighbours, end))
                {
                    seen[next] = true;
                    order.Add(next);
                }
            }
        }

        return [.. order];
    }

    // Breadth first, those with the fewest neighbours first: the last is one of those that lie farthest off.
    private static List<int> Levels(int[][] neighbours, int start)
    {
        var order = new List<int> { start };
        var seen = new HashSet<int> { start };
        for (int next = 0; next < order.Count; next++)
        {
            order.AddRange(neighbours[order[next]].Where(seen.Add).OrderBy(vertex => neighbours[vertex].Length).ToArray());
        }

        return order;
    }
}
