namespace Microsoft.ML.Implicit.Modelling.Expressions;

/// <summary>
/// A product of which one factor has no variables and the other no parameters, or one is constant (Agrawal, Amos, Barratt, Boyd, Diamond and Kolter, 2019, section 4.1):
/// its coefficients are affine in the parameters.
/// </summary>
internal abstract class ProductExpression : Expression
{
    private protected ProductExpression(Expression left, Expression right, string text, int rows, int columns)
        : base(rows, columns)
    {
        (Left, Right, Text) = (left, right, text);
        if (left.HasVariables && right.HasVariables)
        {
            throw new ArgumentException($"{text} is a product of two expressions with variables: {left} and {right}. Use Square, QuadraticForm or SumSquares for a square.");
        }

        if (left.HasParameters && right.HasParameters)
        {
            throw new ArgumentException($"{text} is a product of two expressions with parameters: {left} and {right}. Make their product a parameter of its own.");
        }
    }

    protected Expression Left { get; }

    protected Expression Right { get; }

    public override Curvature Curvature => Left.HasVariables ? Rules.Scale(Right.Sign, Left.Curvature) : Rules.Scale(Left.Sign, Right.Curvature);

    public override Sign Sign => Rules.Product(Left.Sign, Right.Sign);

    internal override bool HasParameters => Left.HasParameters || Right.HasParameters;

    private string Text { get; }

    public override string ToString() => Text;
}
