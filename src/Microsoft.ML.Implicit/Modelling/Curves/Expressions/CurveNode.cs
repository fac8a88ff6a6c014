namespace Microsoft.ML.Implicit.Modelling.Curves.Expressions;

/// <summary>A node of a curve's expression.</summary>
/// <param name="Operation">What it does.</param>
/// <param name="Left">Index of its first operand; of a parameter or input, which it is.</param>
/// <param name="Right">Index of its second operand.</param>
/// <param name="Value">Its value, of a number.</param>
internal readonly record struct CurveNode(CurveOperation Operation, int Left = 0, int Right = 0, double Value = 0)
{
    public bool IsLeaf => Operation <= CurveOperation.Input;

    public bool IsBinary => Operation is >= CurveOperation.Add and <= CurveOperation.Maximum;
}
