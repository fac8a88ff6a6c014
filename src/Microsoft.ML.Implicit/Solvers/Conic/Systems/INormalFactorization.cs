namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>
/// Factors P + δI + Aᵀ(H + δI)⁻¹A, where H is the scaling of a program's cones and δ <see cref="Blocks.ConeBlock.Regularisation"/>: positive definite whatever the constraints are.
/// </summary>
internal interface INormalFactorization
{
    /// <summary>Factors it at the scaling that the cones have.</summary>
    /// <returns>Whether rounding let it.</returns>
    bool TryFactor();

    /// <summary>Replaces a right-hand side by the solution.</summary>
    void Solve(Span<double> x);
}
