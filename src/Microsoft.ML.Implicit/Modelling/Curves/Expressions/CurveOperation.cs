namespace Microsoft.ML.Implicit.Modelling.Curves.Expressions;

/// <summary>What a node of a curve's expression does.</summary>
internal enum CurveOperation
{
    Number,
    Parameter,
    Input,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Minimum,
    Maximum,
    Negate,
    Exp,
    Log,
    Sqrt,
    Abs,
    Sin,
    Cos,
    Tan,
    Atan,
    Sinh,
    Cosh,
    Tanh,
}
