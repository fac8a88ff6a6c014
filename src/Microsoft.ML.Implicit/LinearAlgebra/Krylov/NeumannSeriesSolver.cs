using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>
/// Solves A x = b for a positive definite A by the first terms of the Neumann series α Σ (I − α A)ʲ b (Lorraine, Vicol and Duvenaud 2020, "Optimizing millions of
/// hyperparameters by implicit differentiation"). As many steps of gradient descent with the step α would lead as far: directions of small curvature are left short.
/// </summary>
/// <example><code>
/// using IFactorization series = new NeumannSeriesSolver(terms: 50).Prepare(a);
/// </code></example>
public sealed class NeumannSeriesSolver : ILinearSolver
{
    private const int PowerIterations = 12;

    // The power method's estimate of the largest eigenvalue is one from below.
    private const double Safety = 0.8;

    private readonly int _terms;
    private readonly double? _step;

    /// <summary>Creates the solver.</summary>
    /// <param name="terms">Terms that are summed, a product each.</param>
    /// <param name="step">α, below 2 over the largest eigenvalue; <see langword="null"/> to estimate it by the power method, for each row.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not positive.</exception>
    public NeumannSeriesSolver(int terms = 50, double? step = null)
    {
        SettingRange.Require(terms >= 1, nameof(terms), terms, "at least 1");
        SettingRange.Require(step is null || (step > 0 && double.IsFinite(step.Value)), nameof(step), step, "positive and finite");
        (_terms, _step) = (terms, step);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The operator is not known to be positive definite.</exception>
    public IFactorization Prepare(RowOperator linearOperator)
    {
        ArgumentNullException.ThrowIfNull(linearOperator);
        Requirements.PositiveDefinite(linearOperator, nameof(NeumannSeriesSolver));
        using IDisposable noGraph = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor step = _step is { } given
            ? full([linearOperator.Rows, 1], given.Held(), linearOperator.Type, linearOperator.Device)
            : Safety.Held() / LargestEigenvalue(linearOperator);
        return new Factorization(linearOperator, step.DetachFromDisposeScope(), _terms);
    }

    private static Tensor LargestEigenvalue(RowOperator a)
    {
        using var generator = new Generator(0, CPU);
        Tensor vector = randn([a.Rows, a.Width], a.Type, generator: generator).to(a.Device);
        Tensor norm = vector.norm(1, true, 2f);
        for (int i = 0; i < PowerIterations; i++)
        {
            vector = a.Apply(vector / norm);
            norm = vector.norm(1, true, 2f);
        }

        return norm;
    }

    private sealed class Factorization(RowOperator a, Tensor step, int terms) : IFactorization
    {
        /// <remarks>A row counts as converged where the sum is finite: how far it is from the solution is what the number of terms says.</remarks>
        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(rightSide);
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGraph = no_grad();
            Tensor term = rightSide * step;
            Tensor sum = term.clone();
            for (int i = 1; i < terms; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using DisposeScope inner = NewDisposeScope();
                term.sub_(a.Apply(term).mul_(step));
                sum.PlusInPlace(term);
            }

            return LinearSolution.Direct(sum.MoveToOuterDisposeScope()) with { Iterations = terms - 1 };
        }

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Solve(rightSide, cancellationToken);

        public void Dispose() => step.Dispose();
    }
}
