using Microsoft.ML.Implicit.Solvers.Conic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Conic;

/// <summary>Outputs of <see cref="ConeProgram"/>, part of autograd's graph where the problem's data are.</summary>
/// <param name="X">Solutions x, [batch, n].</param>
/// <param name="S">Slacks s, [batch, m].</param>
/// <param name="Y">Multipliers y, [batch, m].</param>
/// <param name="Solution">Status, residuals and iterations of every row.</param>
public sealed record ConeOutputs(Tensor X, Tensor S, Tensor Y, ConeSolution Solution);
