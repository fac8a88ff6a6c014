using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>
/// Solution of the transposed optimality system, float64: dz for the stationarity conditions, U = λ ∘ dλ for the inequalities and bounds, dν for the equalities;
/// beside it the outputs they multiply, in float64 too.
/// </summary>
internal sealed record QuadraticAdjointResult(Tensor Dz, Tensor U, Tensor Dnu, Tensor? ULower, Tensor? UUpper, Tensor Z, Tensor Lambda, Tensor Nu);
