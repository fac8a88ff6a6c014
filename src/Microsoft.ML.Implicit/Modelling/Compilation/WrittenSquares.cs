using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Conic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>Weighted squares of affine entries that have no parameters.</summary>
/// <param name="Slopes">What variables are multiplied by in each entry.</param>
/// <param name="Constants">What each entry is without them.</param>
/// <param name="Weights">Of each square.</param>
internal sealed record WrittenSquares(MatrixMap Slopes, ParameterMap Constants, ParameterMap Weights)
{
    /// <summary>Their sum, [batch].</summary>
    /// <param name="parameters">[batch, parameters], float64.</param>
    /// <param name="x">Points, [batch, columns].</param>
    public Tensor Sum(Tensor parameters, Tensor x)
    {
        Tensor entries = SparseProduct.Multiply(Slopes.Entries, Slopes.Values.Apply(parameters), x).Plus(Constants.Apply(parameters));
        return entries.Squared().mul(Weights.Apply(parameters)).sum(1);
    }
}
