using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Steps of several rows that were computed but not yet accepted.</summary>
/// <param name="Times">Starts, <c>[rows]</c>.</param>
/// <param name="Sizes">Signed sizes, <c>[rows]</c>.</param>
/// <param name="State">States at the starts, <c>[rows, n]</c>.</param>
/// <param name="Stages">Stages, each <c>[rows, n]</c>; more may be added.</param>
/// <param name="Trial">States at the ends, <c>[rows, n]</c>.</param>
internal readonly record struct TriedStep(Tensor Times, Tensor Sizes, Tensor State, List<Tensor> Stages, Tensor Trial);
