namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>What a solve cost.</summary>
/// <param name="Evaluations">Evaluations of f, each over the whole batch.</param>
/// <param name="AcceptedSteps">Steps that met the tolerance.</param>
/// <param name="RejectedSteps">Steps that were tried and repeated with a shorter size.</param>
public readonly record struct OdeStatistics(int Evaluations, int AcceptedSteps, int RejectedSteps);
