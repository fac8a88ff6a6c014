namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>How one row's solve ended.</summary>
internal readonly record struct DenseOutcome(SolveStatus Status, int Iterations, double Objective, double Primal, double Dual, double Gap);
