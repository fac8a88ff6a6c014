using Microsoft.ML.Implicit.Solvers.Quadratic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Quadratic;

/// <summary>Outputs of <see cref="QuadraticProgram"/>, part of autograd's graph where the problem's data are.</summary>
/// <param name="Z">Solutions z, [batch, n].</param>
/// <param name="Lambda">Multipliers of the inequalities, [batch, m].</param>
/// <param name="Nu">Multipliers of the equalities, [batch, k].</param>
/// <param name="LowerMultipliers">Multipliers of the lower bounds, [batch, n], or null.</param>
/// <param name="UpperMultipliers">Multipliers of the upper bounds, [batch, n], or null.</param>
/// <param name="Solution">Status, residuals and iterations of every row.</param>
public sealed record QuadraticOutputs(Tensor Z, Tensor Lambda, Tensor Nu, Tensor? LowerMultipliers, Tensor? UpperMultipliers, QuadraticSolution Solution);
