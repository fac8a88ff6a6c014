using Microsoft.ML.Implicit.Modelling.Curves.Expressions;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>Finds parameters in which a curve is affine while the others are fixed: for these no start is needed (Golub and Pereyra, 1973).</summary>
internal static class LinearParameters
{
    private enum Degree
    {
        Constant,
        Affine,
        Other,
    }

    /// <summary>
    /// The largest set that is found by adding one parameter after the other. Of factors that multiply one another those come first that are measured in the values' unit, as a trend before
    /// a season's share of it, in whichever order they are written.
    /// </summary>
    /// <param name="curve">The curve.</param>
    /// <param name="units">Units of its parameters.</param>
    public static bool[] Find(Curve curve, ParameterUnit[] units)
    {
        bool[] linear = new bool[curve.Parameters.Count];
        foreach (int i in Enumerable.Range(0, linear.Length).OrderBy(i => units[i].Values == 0))
        {
            linear[i] = true;
            linear[i] = DegreeOf(curve.Graph, linear) != Degree.Other;
        }

        return linear;
    }

    /// <summary>Whether the curve is affine in a parameter while all others are fixed.</summary>
    public static bool IsAffine(Curve curve, int parameter)
    {
        bool[] alone = new bool[curve.Parameters.Count];
        alone[parameter] = true;
        return DegreeOf(curve.Graph, alone) != Degree.Other;
    }

    private static Degree DegreeOf(CurveGraph graph, bool[] unknowns)
    {
        var degrees = new Degree[graph.Nodes.Count];
        for (int i = 0; i < degrees.Length; i++)
        {
            CurveNode node = graph.Nodes[i];
            if (node.IsLeaf)
            {
                degrees[i] = node.Operation == CurveOperation.Parameter && unknowns[node.Left] ? Degree.Affine : Degree.Constant;
                continue;
            }

            Degree left = degrees[node.Left], right = node.IsBinary ? degrees[node.Right] : Degree.Constant;
            Degree largest = (Degree)Math.Max((int)left, (int)right);
            degrees[i] = node.Operation switch
            {
                _ when largest == Degree.Constant => Degree.Constant,
                CurveOperation.Add or CurveOperation.Subtract or CurveOperation.Negate => largest,
                CurveOperation.Multiply when left == Degree.Constant || right == Degree.Constant => largest,
                CurveOperation.Divide when right == Degree.Constant => largest,
                _ => Degree.Other,
            };
        }

        return degrees[graph.Root];
    }
}
