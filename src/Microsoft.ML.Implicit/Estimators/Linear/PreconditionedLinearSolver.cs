using Microsoft.ML.Implicit.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Conjugate gradients for the Hessian of a linear model of many outputs, in weights in which a Hessian that is the same for all outputs, by the mean curvature of each row, is
/// the identity: products alone would take a hundred times as many where features go together.
/// </summary>
internal sealed class PreconditionedLinearSolver : ILinearSolver
{
    // An inexact direction costs Newton's method a step or two.
    private static readonly ConjugateGradientSolver Solver = new(new KrylovSettings { RelativeTolerance = 1e-5, MaximumIterations = 1000 });

    /// <exception cref="ArgumentException">The operator is another one.</exception>
    public IFactorization Prepare(RowOperator linearOperator)
    {
        if (linearOperator is not LinearHessian hessian)
        {
            throw new ArgumentException($"{nameof(PreconditionedLinearSolver)} needs a {nameof(LinearHessian)}, not a {linearOperator.GetType().Name}.", nameof(linearOperator));
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        Tensor root = linalg.inv(linalg.cholesky(hessian.OfOneOutput())).DetachFromDisposeScope();
        return new Factorization(new Whitened(hessian, root), root);
    }

    // L⁻¹ H L⁻ᵀ.
    private sealed class Whitened(RowOperator inner, Tensor root) : RowOperator(1, inner.Width, inner.Type, inner.Device)
    {
        public override OperatorTraits Traits => OperatorTraits.PositiveDefinite;

        public override Tensor Apply(Tensor vector)
        {
            using DisposeScope scope = NewDisposeScope();
            return Multiply(root, inner.Apply(Multiply(root.t(), vector))).MoveToOuterDisposeScope();
        }

        public override Tensor ApplyTransposed(Tensor vector) => Apply(vector);

        public static Tensor Multiply(Tensor matrix, Tensor vector) => matrix.mm(vector.reshape(matrix.shape[0], -1)).view(1, -1);
    }

    private sealed class Factorization(Whitened whitened, Tensor root) : IFactorization
    {
        private readonly IFactorization _inner = Solver.Prepare(whitened);

        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default)
        {
            using DisposeScope scope = NewDisposeScope();
            LinearSolution solution = _inner.Solve(Whitened.Multiply(root, rightSide), cancellationToken);
            return solution with { Solution = Whitened.Multiply(root.t(), solution.Solution).MoveToOuterDisposeScope() };
        }

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Solve(rightSide, cancellationToken);

        public void Dispose()
        {
            _inner.Dispose();
            root.Dispose();
        }
    }
}
