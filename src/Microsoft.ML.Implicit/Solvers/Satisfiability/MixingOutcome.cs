using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>How the sweeps of a batch ended.</summary>
/// <param name="Norms">‖g_i‖, <c>[rows, variables]</c>: how firmly the others hold each variable; zero where it is given.</param>
/// <param name="Readings">Float64 <c>[rows, 2]</c>: sweeps, and the squared change of the last one, relative to the squared length.</param>
internal sealed record MixingOutcome(Tensor Norms, Tensor Readings);
