namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>Solves A x = b for operators with a row each. Instances are immutable and thread-safe.</summary>
/// <remarks>
/// What depends on the operator alone is done once, by <see cref="Prepare"/>; what it returns solves for any number of right sides,
/// with the operator and with its transpose, which is what the backward pass of a solve needs.
/// </remarks>
public interface ILinearSolver
{
    /// <summary>Does what depends on the operator alone, such as its factorisation.</summary>
    /// <param name="linearOperator">A.</param>
    /// <returns>The prepared solver, which the caller disposes; it may keep the operator.</returns>
    /// <exception cref="ArgumentException">The operator lacks a trait that the solver needs.</exception>
    IFactorization Prepare(RowOperator linearOperator);
}
