namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>
/// A factorisation where rows are short and GMRES where they are long: a dense Jacobian costs as many products as a row has
/// elements, and its factorisation the cube of that.
/// </summary>
/// <param name="largestDense">Largest width that is factorised.</param>
/// <param name="krylov">Tolerance and limits of GMRES; null for the defaults.</param>
/// <example><code>
/// using IFactorization directOrKrylov = new DirectOrKrylovSolver().Prepare(a);
/// </code></example>
public sealed class DirectOrKrylovSolver(int largestDense = 64, KrylovSettings? krylov = null) : ILinearSolver
{
    private readonly ILinearSolver _direct = new LuSolver();
    private readonly ILinearSolver _krylov = new GmresSolver(krylov);

    /// <inheritdoc/>
    public IFactorization Prepare(RowOperator linearOperator)
    {
        ArgumentNullException.ThrowIfNull(linearOperator);
        return (linearOperator.Width <= largestDense ? _direct : _krylov).Prepare(linearOperator);
    }
}
