using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Steps of Newton's method for a linear model: by a factorisation where weights are few, and otherwise by conjugate gradients that go no further than the step gains by (Dembo,
/// Eisenstat and Steihaug 1982), with a preconditioner that is kept from step to step and from training to training as long as it serves.
/// </summary>
/// <param name="isQuadratic">Whether the objective is, so that a step leaves what its direction leaves.</param>
internal sealed class NewtonSteps(bool isQuadratic) : IDisposable
{
    // Up to it a factorisation is cheaper than the products of conjugate gradients.
    private const long LargestDense = 1500;

    // A preconditioner costs as much as some dozens of products.
    private const int MostIterations = 40;

    private const double LoosestResidual = 0.1;
    private const double TightestResidual = 1e-6;

    private readonly CholeskySolver _direct = new();
    private Tensor? _root;

    /// <summary>The next step.</summary>
    /// <param name="hessian">Hessian of the objective.</param>
    /// <param name="gradient">Its gradient, <c>[features + 1, outputs]</c>.</param>
    /// <param name="scale">What Newton decrements are relative to.</param>
    /// <param name="tolerance">The relative decrement that is to be reached.</param>
    /// <param name="cancellationToken">Looked at once a product.</param>
    public NewtonStep Next(LinearHessian hessian, Tensor gradient, double scale, double tolerance, CancellationToken cancellationToken)
    {
        Tensor rightSide = gradient.view(1, -1);
        if (hessian.Width <= LargestDense)
        {
            IFactorization factorization = _direct.Prepare(hessian);
            return new NewtonStep(factorization, factorization.Solve(rightSide, cancellationToken).Solution.view(gradient.shape), 0);
        }

        Tensor root = _root ??= PreconditionedInverse.RootOf(hessian).DetachFromDisposeScope();
        double residual = ResidualOf(PreconditionedInverse.Multiply(root, rightSide).Squared().sum().item<double>() / scale, tolerance);
        using var inexact = new PreconditionedInverse(hessian, root, residual);
        LinearSolution solution = inexact.Solve(rightSide, cancellationToken);

        // The Hessian stands where the last step begins, whose decrement is the root of the tolerance: it is off by the root of that.
        var inverse = new PreconditionedInverse(hessian, root, Math.Sqrt(Math.Sqrt(tolerance)));
        if (solution.Iterations > MostIterations)
        {
            Dispose();
        }

        return new NewtonStep(inverse, solution.Solution.view(gradient.shape), residual);
    }

    /// <summary>The relative decrement that a step leaves.</summary>
    /// <param name="decrement">That where it began.</param>
    /// <param name="residual">That of its direction.</param>
    public double Left(double decrement, double residual) => Math.Max(isQuadratic ? 0 : decrement, residual * residual) * decrement;

    public void Dispose()
    {
        _root?.Dispose();
        _root = null;
    }

    // A direction need not be more exact than what the step leaves anyway, or than the tolerance.
    private double ResidualOf(double decrement, double tolerance) => decrement > 0
        ? Math.Clamp(Math.Sqrt(Math.Max(isQuadratic ? 0 : decrement, tolerance / decrement)), TightestResidual, LoosestResidual)
        : LoosestResidual;
}
