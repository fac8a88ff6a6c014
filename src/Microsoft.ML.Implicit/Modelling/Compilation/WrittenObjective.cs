using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>
/// An objective of affine costs and weighted squares of affine entries, which are squared where they are evaluated: multiplied out, as a solver has them, they are small differences of large numbers where
/// variables are far from zero.
/// </summary>
/// <param name="Costs">Of each column.</param>
/// <param name="Squares">The squares, or null where there are none.</param>
internal sealed record WrittenObjective(ParameterMap Costs, WrittenSquares? Squares)
{
    /// <summary>The objective but for what depends on no variable, [batch].</summary>
    /// <param name="parameters">[batch, parameters], float64.</param>
    /// <param name="x">Points, [batch, columns].</param>
    public Tensor Cost(Tensor parameters, Tensor x)
    {
        Tensor affine = x.mul(Costs.Apply(parameters)).sum(1);
        return Squares is null ? affine : affine.Plus(Squares.Sum(parameters, x));
    }
}
