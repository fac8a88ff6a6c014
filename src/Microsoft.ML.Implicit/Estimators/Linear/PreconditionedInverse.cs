using Microsoft.ML.Implicit.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The inverse Hessian of a linear model of many outputs by conjugate gradients, in weights in which a Hessian that is the same for all outputs, by the mean curvature of each row, is
/// the identity: products alone would take a hundred times as many where features go together.
/// </summary>
internal sealed class PreconditionedInverse : IFactorization
{
    private const int MaximumIterations = 1000;

    private readonly Tensor _root;
    private readonly IFactorization _inner;

    /// <summary>Creates it; it does not own the Hessian.</summary>
    /// <param name="hessian">The Hessian.</param>
    /// <param name="root">What <see cref="RootOf"/> gave for this Hessian, or for another one that is not far from it.</param>
    /// <param name="tolerance">Norm of the residual relative to that of the right side, both in these weights.</param>
    public PreconditionedInverse(LinearHessian hessian, Tensor root, double tolerance)
    {
        _root = root.alias().DetachFromDisposeScope();
        _inner = new ConjugateGradientSolver(new KrylovSettings { RelativeTolerance = tolerance, MaximumIterations = MaximumIterations }).Prepare(new Whitened(hessian, _root));
    }

    /// <summary>L⁻¹, where L Lᵀ is the Hessian of one output, <c>[features + 1, features + 1]</c>.</summary>
    public static Tensor RootOf(LinearHessian hessian)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        return linalg.inv(linalg.cholesky(hessian.OfOneOutput())).MoveToOuterDisposeScope();
    }

    /// <summary>L⁻¹ v.</summary>
    /// <param name="root">L⁻¹.</param>
    /// <param name="vector">v, <c>[1, weights]</c>.</param>
    public static Tensor Multiply(Tensor root, Tensor vector) => root.mm(vector.reshape(root.shape[0], -1)).view(1, -1);

    public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default)
    {
        using DisposeScope scope = NewDisposeScope();
        LinearSolution solution = _inner.Solve(Multiply(_root, rightSide), cancellationToken);
        return solution with { Solution = Multiply(_root.t(), solution.Solution).MoveToOuterDisposeScope() };
    }

    public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Solve(rightSide, cancellationToken);

    public void Dispose()
    {
        _inner.Dispose();
        _root.Dispose();
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
    }
}
