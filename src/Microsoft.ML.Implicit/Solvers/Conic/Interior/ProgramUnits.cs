using Microsoft.ML.Implicit.Solvers.Conic.Units;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>Units of a scaled program: x = βDx̄, s = βT⁻¹E⁻¹s̄, y = γTᵀEȳ.</summary>
/// <param name="D">Of variables.</param>
/// <param name="E">Of slacks in normal units.</param>
/// <param name="Slacks">T.</param>
/// <param name="Solution">β.</param>
/// <param name="Cost">γ.</param>
internal sealed record ProgramUnits(double[] D, double[] E, SlackUnits Slacks, double Solution, double Cost);
