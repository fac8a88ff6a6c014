namespace Microsoft.ML.Implicit.Solvers.Relaxations;

/// <summary>An undirected graph by its edges.</summary>
public sealed class EdgeGraph
{
    /// <summary>Creates a graph.</summary>
    /// <param name="nodes">Number of nodes.</param>
    /// <param name="edges">The two ends of each edge, nodes from 0 on.</param>
    /// <exception cref="ArgumentException">An edge leads to a node that there is not, or to where it comes from.</exception>
    public EdgeGraph(int nodes, IReadOnlyList<(int From, int To)> edges)
    {
        ArgumentNullException.ThrowIfNull(edges);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(nodes);
        foreach ((int from, int to) in edges)
        {
            if (from < 0 || from >= nodes || to < 0 || to >= nodes || from == to)
            {
                throw new ArgumentException($"({from}, {to}) is no edge between two of {nodes} nodes.", nameof(edges));
            }
        }

        Nodes = nodes;
        Edges = [.. edges];
        IsChain = Edges.Count == nodes - 1 && Edges.Select((edge, i) => edge == (i, i + 1)).All(follows => follows);
    }

    /// <summary>Number of nodes.</summary>
    public int Nodes { get; }

    /// <summary>The two ends of each edge.</summary>
    public IReadOnlyList<(int From, int To)> Edges { get; }

    /// <summary>Whether each node has an edge to the next one, and there are no others.</summary>
    internal bool IsChain { get; }

    /// <summary>The values of a signal, each with an edge to the next.</summary>
    /// <param name="nodes">Length of the signal.</param>
    public static EdgeGraph Chain(int nodes) => new(nodes, [.. Enumerable.Range(0, Math.Max(nodes - 1, 0)).Select(i => (i, i + 1))]);

    /// <summary>The pixels of an image, row by row, each with edges to its neighbours: all edges along rows first, then those along columns.</summary>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    public static EdgeGraph Grid(int height, int width) => new(
        checked(height * width),
        [
            .. Enumerable.Range(0, height * width).Where(i => (i % width) + 1 < width).Select(i => (i, i + 1)),
            .. Enumerable.Range(0, height * width).Where(i => i + width < height * width).Select(i => (i, i + width)),
        ]);
}
