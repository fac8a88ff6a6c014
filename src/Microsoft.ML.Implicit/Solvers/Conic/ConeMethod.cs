namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>How <see cref="ConeSolver"/> finds solutions. All methods give the same statuses and certificates.</summary>
public enum ConeMethod
{
    /// <summary>An interior point method: a few iterations, with a factorisation each. The default.</summary>
    InteriorPoint,

    /// <summary>
    /// A first-order method, the alternating direction method of multipliers: one factorisation serves most of hundreds of iterations, and Newton's method on the optimality conditions
    /// takes what it finds to the tolerance where it can. For programs whose factorisation is what takes time.
    /// </summary>
    OperatorSplitting,
}
