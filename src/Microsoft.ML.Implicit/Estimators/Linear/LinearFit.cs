using Microsoft.ML.Implicit.LinearAlgebra;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A minimum of a penalised linear model's loss, outside of any dispose scope.</summary>
/// <param name="Weights"><c>[features + 1, outputs]</c>.</param>
/// <param name="Hessian">The Hessian where the last step began.</param>
/// <param name="InverseHessian">It, ready for solves.</param>
/// <param name="Steps">Newton steps that led there.</param>
/// <param name="Converged">Whether the tolerance was met.</param>
internal sealed record LinearFit(Tensor Weights, LinearHessian Hessian, IFactorization InverseHessian, int Steps, bool Converged) : IDisposable
{
    public void Dispose()
    {
        Weights.Dispose();
        InverseHessian.Dispose();
        Hessian.Dispose();
    }
}
