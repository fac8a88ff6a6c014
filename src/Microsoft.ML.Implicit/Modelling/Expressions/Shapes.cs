namespace Microsoft.ML.Implicit.Modelling.Expressions;

/// <summary>Shapes of what is combined entry by entry.</summary>
internal static class Shapes
{
    /// <exception cref="ArgumentException">The shapes differ, and neither is a scalar.</exception>
    public static (int Rows, int Columns) Common(Expression left, Expression right, string operation)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return right.Size == 1 || (left.Rows == right.Rows && left.Columns == right.Columns) ? (left.Rows, left.Columns)
            : left.Size == 1 ? (right.Rows, right.Columns)
            : throw new ArgumentException($"{left.Inner} {operation} {right.Inner}: the left is [{left.Rows}, {left.Columns}], the right [{right.Rows}, {right.Columns}].", nameof(right));
    }
}
