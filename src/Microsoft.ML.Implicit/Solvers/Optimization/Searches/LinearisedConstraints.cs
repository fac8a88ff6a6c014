using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>Constraints A p + h = 0 and B p + g ≤ 0 of a step p in units in which their gradients have length one.</summary>
/// <param name="A"><c>[rows, equalities, unknowns]</c>.</param>
/// <param name="H"><c>[rows, equalities]</c>.</param>
/// <param name="UnitsOfH">What h was divided by.</param>
/// <param name="B"><c>[rows, inequalities, unknowns]</c>.</param>
/// <param name="G"><c>[rows, inequalities]</c>.</param>
/// <param name="UnitsOfG">What g was divided by.</param>
internal sealed record LinearisedConstraints(Tensor A, Tensor H, Tensor UnitsOfH, Tensor B, Tensor G, Tensor UnitsOfG);
