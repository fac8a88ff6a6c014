using Microsoft.ML.Implicit.LinearAlgebra;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A step of Newton's method for a linear model.</summary>
/// <param name="Inverse">The inverse Hessian where it begins, outside of any dispose scope.</param>
/// <param name="Direction">What to subtract from the weights, <c>[features + 1, outputs]</c>.</param>
/// <param name="Residual">Norm of what the direction leaves of the gradient, relative to the gradient's; 0 where a factorisation gave it.</param>
internal sealed record NewtonStep(IFactorization Inverse, Tensor Direction, double Residual);
