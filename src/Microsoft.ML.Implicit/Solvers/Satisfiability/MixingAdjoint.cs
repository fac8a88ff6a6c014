using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>The linear equations of the adjoint, P_i (‖g_i‖ u_i + Σ_j≠i (s_i·s_j) u_j) = P_i w_i for all free i, where P_i = I − v_i v_iᵀ.</summary>
/// <param name="Solution">V, <c>[rows, variables, rank]</c>.</param>
/// <param name="Norms">‖g_i‖, <c>[rows, variables]</c>, zero where a variable is given.</param>
/// <param name="RightSide">w, <c>[rows, variables, rank]</c>.</param>
internal sealed record MixingAdjoint(Tensor Solution, Tensor Norms, Tensor RightSide);
