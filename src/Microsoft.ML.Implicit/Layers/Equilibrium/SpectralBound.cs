using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>
/// A guaranteed upper bound of the largest singular value of a matrix by Gram iteration: with G₁ = W and
/// Gₖ₊₁ = GₖᵀGₖ, ‖W‖₂ ≤ ‖Gₖ‖_F^(2^(1−k)) for every k, and the bound converges (Delattre et al. 2023, "Efficient bound
/// of Lipschitz constant for convolutional layers by Gram iteration", theorem 1).
/// </summary>
/// <remarks>
/// Unlike the estimate of a power iteration it is never too small, is differentiable, and needs no state to be kept
/// between training steps.
/// </remarks>
internal static class SpectralBound
{
    private const int Products = 3;
    private const double RootOfTrace = 1.0 / (2 << Products);
    private const double SmallestSum = 1e-36;

    /// <summary>Bounds the largest singular value; with three products the bound is at most rank^(1/16) times its value.</summary>
    /// <param name="weight">Matrix [..., rows, columns], or a stack of such.</param>
    /// <returns>A number for each matrix, [...], differentiable in <paramref name="weight"/>.</returns>
    /// <remarks>
    /// With A = WᵀW and n products the bound is (tr A^(p/2))^(1/p), p = 2^(n+1), whose gradient is a multiple of
    /// W A^(p/2 − 1) = W A A² A⁴ ⋯: the Gram matrices themselves give it, with no graph through them. The bound is
    /// homogeneous of degree one, so its inner product with W is its value (Euler).
    /// </remarks>
    public static Tensor Of(Tensor weight)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor bound, direction;
        bool needsGradient = weight.requires_grad && is_grad_enabled();
        using (no_grad())
        {
            (bound, direction) = BoundAndDirection(weight, needsGradient);
        }

        return needsGradient
            ? ImplicitSolve.Attach(new Gradient(), [weight], [bound.squeeze(-1).squeeze(-1)], [direction])[0].MoveToOuterDisposeScope()
            : bound.squeeze(-1).squeeze(-1).MoveToOuterDisposeScope();
    }

    /// <summary>Scales a matrix down to a largest singular value of at most <paramref name="limit"/>; a smaller one is left alone.</summary>
    /// <param name="weight">Matrix [..., rows, columns], or a stack of such.</param>
    /// <param name="limit">Limit, positive.</param>
    public static Tensor Limit(Tensor weight, double limit) => weight / (Of(weight) / limit.Held()).clamp_min(1.Held()).unsqueeze(-1).unsqueeze(-1);

    /// <summary>
    /// Bounds the norm of a convolution with zero padding and any stride as a map between images: it is the kernel as a
    /// matrix [output, input · height · width] applied to all patches, and a pixel stands in at most height · width of
    /// them (Singla and Feizi 2021, "Fantastic four: differentiable bounds on singular values of convolution layers").
    /// </summary>
    /// <param name="kernel">Kernel [output, input, height, width].</param>
    public static Tensor OfConvolution(Tensor kernel) => Of(kernel.flatten(1)) * Math.Sqrt(kernel.shape[2] * kernel.shape[3]).Held();

    // The bound is [..., 1, 1].
    private static (Tensor Bound, Tensor Direction) BoundAndDirection(Tensor weight, bool withDirection)
    {
        bool isWide = weight.shape[^2] < weight.shape[^1];
        (Tensor bound, Tensor powers) = GramIteration(isWide ? weight.mT : weight, withDirection);
        if (!withDirection)
        {
            return (bound, powers);
        }

        Tensor direction = isWide ? powers.mT : powers;
        return (bound, direction * (bound / Sum(weight * direction)));
    }

    private static (Tensor Bound, Tensor Powers) GramIteration(Tensor matrix, bool withPowers)
    {
        // Of a matrix of Frobenius norm 1 the largest eigenvalue of A is at least the inverse of its width, whose powers are well above the smallest float.
        Tensor norm = Sum(matrix.Squared()).sqrt();
        Tensor normalized = matrix / norm;
        Tensor gram = normalized.mT.matmul(normalized);
        Tensor powers = normalized;
        for (int product = 1; product < Products; product++)
        {
            powers = withPowers ? powers.matmul(gram) : powers;
            gram = gram.matmul(gram);
        }

        powers = withPowers ? powers.matmul(gram) : powers;
        return (norm * Sum(gram.Squared()).pow(RootOfTrace.Held()), powers);
    }

    // Over each matrix, [..., 1, 1].
    private static Tensor Sum(Tensor values) => values.sum([-2, -1], keepdim: true).Plus(SmallestSum.Held());

    private sealed class Gradient : IBackwardRule
    {
        public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) =>
            [saved[0] * cotangents[0].unsqueeze(-1).unsqueeze(-1)];

        public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) =>
            [BoundAndDirection(inputs[0], withDirection: true).Direction * cotangents[0].unsqueeze(-1).unsqueeze(-1)];
    }
}
