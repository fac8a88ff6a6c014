namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>A number times a variable's entry, a parameter's entry, both or neither, in an entry of an expression.</summary>
/// <param name="Entry">Entry of the expression.</param>
/// <param name="Column">Column of the variable's entry in the program, or <see cref="None"/>.</param>
/// <param name="Parameter">Index of the parameter's entry among all, or <see cref="None"/>.</param>
/// <param name="Value">The number.</param>
internal readonly record struct AffineTerm(int Entry, int Column, int Parameter, double Value)
{
    public const int None = -1;

    /// <summary>The product of two terms, of which at most one has a variable and at most one a parameter.</summary>
    public AffineTerm Times(AffineTerm other, int entry) => new(entry, Math.Max(Column, other.Column), Math.Max(Parameter, other.Parameter), Value * other.Value);
}
