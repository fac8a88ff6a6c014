namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>Systems with [P + δI, Aᵀ; A, −(H + δI)], H the scaling of a program's cones and δ that of <see cref="Blocks.ConeBlock.Regularisation"/>.</summary>
internal interface IKktFactorization
{
    /// <summary>Factors it at the scaling that the cones have.</summary>
    /// <returns>Whether rounding let it.</returns>
    bool TryFactor();

    /// <summary>Solves for (x, z) and gives s = second − A x beside them.</summary>
    void Solve(ReadOnlySpan<double> first, ReadOnlySpan<double> second, Span<double> x, Span<double> z, Span<double> s);
}
