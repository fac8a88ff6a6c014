using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>Conjugate gradients for positive definite operators, each row with its own coefficients (Hestenes and Stiefel 1952).</summary>
/// <param name="settings">Tolerance and limits; null for the defaults.</param>
/// <example><code>
/// using IFactorization conjugateGradients = new ConjugateGradientSolver(new KrylovSettings { RelativeTolerance = 1e-12 }).Prepare(a);
/// </code></example>
public sealed class ConjugateGradientSolver(KrylovSettings? settings = null) : KrylovSolver(settings)
{
    /// <inheritdoc/>
    public override IFactorization Prepare(RowOperator linearOperator)
    {
        ArgumentNullException.ThrowIfNull(linearOperator);
        Requirements.PositiveDefinite(linearOperator, nameof(ConjugateGradientSolver));
        return base.Prepare(linearOperator);
    }

    private protected override LinearSolution Solve(RowOperator linearOperator, Tensor rightSide, CancellationToken cancellationToken)
    {
        double[] limits = [.. RowNorms.Of(rightSide).Select(norm => norm * Settings.Tolerance(rightSide.dtype))];
        Tensor x = zeros_like(rightSide);
        Tensor residual = rightSide.clone();
        Tensor direction = rightSide.clone();
        Tensor squared = Dot(residual, residual);
        double[] residuals = RowNorms.Of(residual);
        int iterations = 0;
        while (iterations < Settings.MaximumIterations && RowNorms.AnyAbove(residuals, limits))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope step = NewDisposeScope();
            iterations++;
            Tensor image = linearOperator.Apply(direction);
            Tensor length = Ratio(squared, Dot(direction, image));
            x.PlusInPlace(direction * length);
            residual.sub_(image.mul_(length));
            Tensor next = Dot(residual, residual);
            direction.mul_(Ratio(next, squared)).PlusInPlace(residual);
            squared.copy_(next);
            residuals = RowNorms.Of(residual);
        }

        return new LinearSolution(x, Statuses(residuals, limits), iterations);
    }

    private static Tensor Dot(Tensor x, Tensor y) => x.mul(y).sum(1, keepdim: true);

    // A row that is solved exactly has zero over zero, and stays where it is.
    private static Tensor Ratio(Tensor numerator, Tensor denominator)
    {
        Tensor ratio = numerator / denominator;
        return ratio.masked_fill_(numerator.eq(0.Held()), 0.Held());
    }
}
