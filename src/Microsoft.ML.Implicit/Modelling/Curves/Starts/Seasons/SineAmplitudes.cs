using Microsoft.ML.Implicit.Modelling.Curves.Expressions;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts.Seasons;

/// <summary>Finds the parameters that a curve's sines are multiplied by: where these are zero, nothing is left of the sine, whatever function is taken of what it is added to.</summary>
/// <param name="graph">The curve's expression.</param>
/// <param name="isFree">Whether a parameter may be set to zero.</param>
internal sealed class SineAmplitudes(CurveGraph graph, Func<int, bool> isFree)
{
    /// <summary>The parameters that have to be zero for the sines of an argument to have no effect; null where there are none.</summary>
    public HashSet<int>? Of(int argument)
    {
        HashSet<int> amplitudes = [];
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            if (graph.Nodes[i] is { Operation: CurveOperation.Sin or CurveOperation.Cos } sine && sine.Left == argument)
            {
                if (Silence(i) is not { } found)
                {
                    return null;
                }

                amplitudes.UnionWith(found);
            }
        }

        return amplitudes;
    }

    // The nearest factors, on all ways from a node to the root.
    private HashSet<int>? Silence(int index)
    {
        HashSet<int>? amplitudes = null;
        for (int i = index + 1; i < graph.Nodes.Count; i++)
        {
            CurveNode node = graph.Nodes[i];
            if (node.IsLeaf || (node.Left != index && !(node.IsBinary && node.Right == index)))
            {
                continue;
            }

            HashSet<int>? factors = node.Operation == CurveOperation.Multiply && node.Left != node.Right ? Zeros(node.Left == index ? node.Right : node.Left) : null;
            if ((factors ?? Silence(i)) is not { } found)
            {
                return null;
            }

            (amplitudes ??= []).UnionWith(found);
        }

        return amplitudes;
    }

    // Parameters with which a node is zero.
    private HashSet<int>? Zeros(int index)
    {
        CurveNode node = graph.Nodes[index];
        return node.Operation switch
        {
            CurveOperation.Parameter => isFree(node.Left) ? [node.Left] : null,
            CurveOperation.Multiply => Zeros(node.Left) ?? Zeros(node.Right),
            CurveOperation.Divide or CurveOperation.Negate or CurveOperation.Abs => Zeros(node.Left),
            CurveOperation.Add or CurveOperation.Subtract when Zeros(node.Left) is { } left && Zeros(node.Right) is { } right => [.. left, .. right],
            _ => null,
        };
    }
}
