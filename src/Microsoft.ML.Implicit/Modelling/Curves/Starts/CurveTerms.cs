using Microsoft.ML.Implicit.Modelling.Curves.Expressions;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// The terms of a curve that is a sum, as the peaks of a spectrum: parameters in which it is affine, each group with those that are drawn and multiply them.
/// </summary>
internal static class CurveTerms
{
    /// <summary>Finds the terms that have drawn parameters.</summary>
    /// <param name="plan">The curve and its parameters.</param>
    /// <returns>For each term its affine and its drawn parameters; none where a drawn parameter belongs to no term.</returns>
    public static List<(int[] Affine, int[] Drawn)> Find(CurveFitPlan plan)
    {
        List<(HashSet<int> Affine, HashSet<int> Drawn)> terms = [];
        foreach (int parameter in plan.Starts.Solved)
        {
            HashSet<int> affine = [parameter], drawn = [];
            AddFactors(plan.Curve.Graph, plan.Curve.Graph.Root, parameter, drawn);
            drawn.IntersectWith(plan.Starts.Drawn);
            foreach ((HashSet<int> Affine, HashSet<int> Drawn) term in terms.FindAll(term => term.Drawn.Overlaps(drawn)))
            {
                affine.UnionWith(term.Affine);
                drawn.UnionWith(term.Drawn);
                terms.Remove(term);
            }

            if (drawn.Count > 0)
            {
                terms.Add((affine, drawn));
            }
        }

        return terms.Sum(term => term.Drawn.Count) == plan.Starts.Drawn.Count
            ? [.. terms.Select(term => ((int[])[.. term.Affine.Order()], (int[])[.. term.Drawn.Order()]))]
            : [];
    }

    // A parameter in which the curve is affine stands under sums, products and numerators only.
    private static void AddFactors(CurveGraph graph, int index, int parameter, HashSet<int> factors)
    {
        CurveNode node = graph.Nodes[index];
        if (node.IsLeaf || !graph.Contains(index, parameter))
        {
            return;
        }

        AddFactors(graph, node.Left, parameter, factors);
        if (!node.IsBinary)
        {
            return;
        }

        AddFactors(graph, node.Right, parameter, factors);
        if (node.Operation is CurveOperation.Multiply or CurveOperation.Divide)
        {
            int other = graph.Contains(node.Left, parameter) ? node.Right : node.Left;
            factors.UnionWith(Enumerable.Range(0, graph.Nodes.Count).Where(i => graph.Nodes[i].Operation == CurveOperation.Parameter).Select(i => graph.Nodes[i].Left).Where(i => graph.Contains(other, i)));
        }
    }
}
