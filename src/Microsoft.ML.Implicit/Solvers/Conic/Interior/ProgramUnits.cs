namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>Units of a scaled program: x = βDx̄, s = βE⁻¹s̄, y = γEȳ.</summary>
/// <param name="D">Of variables.</param>
/// <param name="E">Of slacks.</param>
/// <param name="Solution">β.</param>
/// <param name="Cost">γ.</param>
internal sealed record ProgramUnits(double[] D, double[] E, double Solution, double Cost);
