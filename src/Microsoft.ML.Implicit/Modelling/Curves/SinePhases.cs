using Microsoft.ML.Implicit.Modelling.Curves.Expressions;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>
/// Finds the parameters that are phases of sines: numbers that are added to an angle, or to turns, whatever unit a number such as 86400 has in <c>sin(2 * pi * t / 86400 + p)</c>. What is
/// taken from an input itself before that is multiplied, as <c>s</c> of <c>sin(w * (t - s))</c>, is a place.
/// </summary>
internal static class SinePhases
{
    /// <summary>Finds the phases.</summary>
    public static IEnumerable<int> Find(CurveGraph graph) =>
        graph.Nodes.Where(node => node.Operation is CurveOperation.Sin or CurveOperation.Cos).SelectMany(sine => Find(graph, sine.Left, isAngle: true)).Distinct();

    private static IEnumerable<int> Find(CurveGraph graph, int index, bool isAngle)
    {
        CurveNode node = graph.Nodes[index];
        return node.Operation switch
        {
            CurveOperation.Add or CurveOperation.Subtract => Of(node.Left, node.Right).Concat(Of(node.Right, node.Left)),
            CurveOperation.Multiply when IsConstant(graph, node.Left) => Find(graph, node.Right, isAngle: false),
            CurveOperation.Multiply or CurveOperation.Divide when IsConstant(graph, node.Right) => Find(graph, node.Left, isAngle: false),
            CurveOperation.Negate => Find(graph, node.Left, isAngle),
            _ => [],
        };

        IEnumerable<int> Of(int term, int other) =>
            graph.Nodes[term].Operation != CurveOperation.Parameter ? Find(graph, term, isAngle)
            : isAngle || !IsInput(graph, other) ? [graph.Nodes[term].Left]
            : [];
    }

    // An input, or its distance from a number.
    private static bool IsInput(CurveGraph graph, int index) => graph.Nodes[index] switch
    {
        { Operation: CurveOperation.Input } => true,
        { Operation: CurveOperation.Add or CurveOperation.Subtract } sum => (IsInput(graph, sum.Left) && IsConstant(graph, sum.Right)) || (IsConstant(graph, sum.Left) && IsInput(graph, sum.Right)),
        _ => false,
    };

    private static bool IsConstant(CurveGraph graph, int index) => graph.Nodes[index] switch
    {
        { IsLeaf: true } leaf => leaf.Operation == CurveOperation.Number,
        var inner => IsConstant(graph, inner.Left) && (!inner.IsBinary || IsConstant(graph, inner.Right)),
    };
}
