using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>
/// Solves A x = b as the fixed point x = x + b − A x: the Neumann series of I − A, accelerated as the solver does. It fits operators
/// near the identity, such as I − ∂f/∂z of a contraction f.
/// </summary>
/// <param name="solver">Fixed-point solver; null for <see cref="AndersonSolver"/> with its defaults.</param>
/// <example><code>
/// var nearIdentity = new DenseOperator(eye(3, dtype: ScalarType.Float64).unsqueeze(0) * 1.1);
/// using IFactorization neumann = new NeumannAndersonSolver().Prepare(nearIdentity);
/// </code></example>
public sealed class NeumannAndersonSolver(IFixedPointSolver? solver = null) : ILinearSolver
{
    private readonly IFixedPointSolver _solver = solver ?? new AndersonSolver();

    /// <inheritdoc/>
    public IFactorization Prepare(RowOperator linearOperator)
    {
        ArgumentNullException.ThrowIfNull(linearOperator);
        return new Unfactorized(_solver, linearOperator);
    }

    private sealed class Unfactorized(IFixedPointSolver solver, RowOperator linearOperator) : IFactorization
    {
        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default) => Run(linearOperator, rightSide, cancellationToken);

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Run(linearOperator.Transpose(), rightSide, cancellationToken);

        public void Dispose()
        {
        }

        private LinearSolution Run(RowOperator applied, Tensor rightSide, CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(rightSide);
            FixedPointResult result = solver.SolveChecked(new RichardsonMap(applied, rightSide), rightSide, cancellationToken);
            return new LinearSolution(result.Solution, result.Statuses, result.Iterations);
        }
    }

    private sealed class RichardsonMap(RowOperator linearOperator, Tensor rightSide) : IFixedPointMap
    {
        public Tensor Evaluate(Tensor z) => linearOperator.ApplyComplement(z).PlusInPlace(rightSide);

        public IFixedPointMap? SelectRows(Tensor rows) => linearOperator.SelectRows(rows) is { } selected ? new RichardsonMap(selected, rightSide.index_select(0, rows)) : null;
    }
}
