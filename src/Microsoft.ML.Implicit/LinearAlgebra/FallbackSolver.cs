using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>One solver, and another where the first leaves a row unsolved.</summary>
internal sealed class FallbackSolver(ILinearSolver first, ILinearSolver second) : ILinearSolver
{
    public IFactorization Prepare(RowOperator linearOperator) => new Factorization(first.Prepare(linearOperator), second, linearOperator);

    private sealed class Factorization(IFactorization prepared, ILinearSolver second, RowOperator linearOperator) : IFactorization
    {
        private IFactorization _prepared = prepared;
        private bool _fellBack;

        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default) => Run(rightSide, (factorization, b) => factorization.Solve(b, cancellationToken));

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Run(rightSide, (factorization, b) => factorization.SolveTransposed(b, cancellationToken));

        public void Dispose() => _prepared.Dispose();

        private LinearSolution Run(Tensor rightSide, Func<IFactorization, Tensor, LinearSolution> solve)
        {
            LinearSolution solution = solve(_prepared, rightSide);
            if (solution.AllConverged || _fellBack)
            {
                return solution;
            }

            solution.Solution.Dispose();
            _prepared.Dispose();
            (_prepared, _fellBack) = (second.Prepare(linearOperator), true);
            return solve(_prepared, rightSide);
        }
    }
}
