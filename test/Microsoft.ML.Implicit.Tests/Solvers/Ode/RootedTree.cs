namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

/// <summary>A rooted tree of Butcher's theory (Hairer, Nørsett, Wanner I, II.2): each is one order condition.</summary>
internal sealed class RootedTree
{
    private readonly RootedTree[] _children;

    private RootedTree(RootedTree[] children)
    {
        _children = children;
        Order = 1 + children.Sum(c => c.Order);
        Density = Order * children.Aggregate(1.0, (product, c) => product * c.Density);
    }

    public int Order { get; }

    /// <summary>γ(t): the condition is Σ bᵢ φᵢ(t) = 1 / γ(t).</summary>
    public double Density { get; }

    public static IReadOnlyList<RootedTree> UpToOrder(int order)
    {
        var trees = new List<RootedTree>();
        for (int n = 1; n <= order; n++)
        {
            trees.AddRange(Forests(trees, trees.Count - 1, n - 1).Select(f => new RootedTree(f)).ToList());
        }

        return trees;
    }

    /// <summary>φᵢ(t) for each stage i.</summary>
    public double[] StageWeights(double[][] a)
    {
        double[] weights = new double[a.Length];
        Array.Fill(weights, 1.0);
        foreach (RootedTree child in _children)
        {
            double[] inner = child.StageWeights(a);
            for (int i = 0; i < a.Length; i++)
            {
                weights[i] *= a[i].Select((coefficient, j) => coefficient * inner[j]).Sum();
            }
        }

        return weights;
    }

    // Multisets of trees with indices up to the last one and the given number of vertices in total.
    private static IEnumerable<RootedTree[]> Forests(List<RootedTree> trees, int last, int vertices)
    {
        if (vertices == 0)
        {
            yield return [];
        }

        for (int i = last; i >= 0 && vertices > 0; i--)
        {
            if (trees[i].Order <= vertices)
            {
                foreach (RootedTree[] rest in Forests(trees, i, vertices - trees[i].Order))
                {
                    yield return [trees[i], .. rest];
                }
            }
        }
    }
}
