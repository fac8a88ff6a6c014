namespace Microsoft.ML.Implicit.Modelling.Curves.Expressions;

/// <summary>The nodes of an expression in the order in which they can be computed, each once however often it is written.</summary>
internal sealed class CurveGraph
{
    private readonly List<CurveNode> _nodes = [];
    private readonly Dictionary<CurveNode, int> _indices = [];

    public IReadOnlyList<CurveNode> Nodes => _nodes;

    /// <summary>Index of the node whose value is the curve's.</summary>
    public int Root { get; set; }

    /// <summary>Whether a parameter has a part in a node.</summary>
    public bool Contains(int node, int parameter) => _nodes[node] switch
    {
        { Operation: CurveOperation.Parameter } leaf => leaf.Left == parameter,
        { IsLeaf: true } => false,
        var inner => Contains(inner.Left, parameter) || (inner.IsBinary && Contains(inner.Right, parameter)),
    };

    public int Number(double value) => Intern(new CurveNode(CurveOperation.Number, Value: value));

    public int Leaf(CurveOperation operation, int index) => Intern(new CurveNode(operation, index));

    public int Unary(CurveOperation operation, int operand) =>
        operation == CurveOperation.Negate && _nodes[operand].Operation == CurveOperation.Number
            ? Number(-_nodes[operand].Value)
            : Intern(new CurveNode(operation, operand));

    public int Binary(CurveOperation operation, int left, int right) =>
        operation == CurveOperation.Power && _nodes[right] is { Operation: CurveOperation.Number, Value: 2 }
            ? Intern(new CurveNode(CurveOperation.Multiply, left, left))
            : Intern(new CurveNode(operation, left, right));

    private int Intern(CurveNode node)
    {
        if (!_indices.TryGetValue(node, out int index))
        {
            index = _indices[node] = _nodes.Count;
            _nodes.Add(node);
        }

        return index;
    }
}
