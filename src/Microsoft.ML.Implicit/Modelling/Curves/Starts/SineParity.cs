using Microsoft.ML.Implicit.Modelling.Curves.Expressions;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>What becomes of a curve when a sine changes its sign, as after half a turn: nothing, where it is squared or an absolute value is taken of it.</summary>
internal static class SineParity
{
    private enum Parity
    {
        Even,
        Odd,
        Neither,
    }

    /// <summary>Whether the curve stays what it is when all sines and cosines of an argument change their signs.</summary>
    public static bool IsEven(CurveGraph graph, int argument)
    {
        var parities = new Parity[graph.Nodes.Count];
        for (int i = 0; i < parities.Length; i++)
        {
            CurveNode node = graph.Nodes[i];
            parities[i] = node switch
            {
                { IsLeaf: true } => Parity.Even,
                { Operation: CurveOperation.Sin or CurveOperation.Cos } when node.Left == argument => Parity.Odd,
                { IsBinary: true } => Of(node.Operation, parities[node.Left], parities[node.Right], graph.Nodes[node.Right]),
                _ => Of(node.Operation, parities[node.Left]),
            };
        }

        return parities[graph.Root] == Parity.Even;
    }

    private static Parity Of(CurveOperation operation, Parity left, Parity right, CurveNode exponent) => operation switch
    {
        _ when left == Parity.Neither || right == Parity.Neither => Parity.Neither,
        _ when left == Parity.Even && right == Parity.Even => Parity.Even,
        CurveOperation.Multiply or CurveOperation.Divide => left == right ? Parity.Even : Parity.Odd,
        CurveOperation.Add or CurveOperation.Subtract => left == right ? Parity.Odd : Parity.Neither,
        CurveOperation.Power when exponent.Operation == CurveOperation.Number => Math.Abs(exponent.Value % 2) switch { 0 => Parity.Even, 1 => Parity.Odd, _ => Parity.Neither },
        _ => Parity.Neither,
    };

    private static Parity Of(CurveOperation operation, Parity operand) => operation switch
    {
        _ when operand != Parity.Odd => operand,
        CurveOperation.Abs or CurveOperation.Cos or CurveOperation.Cosh => Parity.Even,
        CurveOperation.Negate or CurveOperation.Sin or CurveOperation.Tan or CurveOperation.Atan or CurveOperation.Sinh or CurveOperation.Tanh => Parity.Odd,
        _ => Parity.Neither,
    };
}
