namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>A vector a row among the values of a <see cref="RowProgram"/>.</summary>
/// <param name="Start">Index of its first column.</param>
/// <param name="Width">Number of columns.</param>
internal readonly record struct Block(int Start, int Width)
{
    /// <summary>Index of a column among all values.</summary>
    public int this[int column] => Start + column;

    public Block Slice(int start, int width) => new(Start + start, width);
}
