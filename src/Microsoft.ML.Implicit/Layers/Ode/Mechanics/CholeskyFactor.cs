using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>The factor L of A(q) = L Lᵀ at positions q, with the products that mechanics needs, by operations that autograd follows.</summary>
/// <param name="Factor">L, [rows, n, n], lower triangular.</param>
/// <param name="Slopes">Derivatives of L's diagonal with respect to the network's, [rows, n].</param>
/// <param name="Scale">Factor of what the network gives.</param>
/// <param name="Entries">The network's evaluation; <see langword="null"/> where A is constant.</param>
internal sealed record CholeskyFactor(Tensor Factor, Tensor Slopes, double Scale, SmoothPerceptron.Evaluation? Entries)
{
    /// <summary>wᵀ A w, [rows].</summary>
    public Tensor SquaredNorm(Tensor w) => Transposed(w).Squared().sum(1);

    /// <summary>A w, [rows, n].</summary>
    public Tensor Apply(Tensor w) => Times(Factor, Transposed(w));

    /// <summary>A⁻¹ w, [rows, n].</summary>
    public Tensor Solve(Tensor w)
    {
        Tensor half = linalg.solve_triangular(Factor, w.unsqueeze(2), upper: false);
        return linalg.solve_triangular(Factor.transpose(1, 2), half, upper: true).squeeze(2);
    }

    /// <summary>½ ∂(wᵀ A(q) w)/∂q, [rows, n], with w held; <see langword="null"/> where A is constant.</summary>
    public Tensor? HalfGradient(Tensor w) => Entries?.Pullback(EntryCotangents(w.unsqueeze(2) * Transposed(w).unsqueeze(1)));

    /// <summary>dA/dt w along a velocity, [rows, n]; <see langword="null"/> where A is constant.</summary>
    public Tensor? Rate(Tensor velocity, Tensor w)
    {
        if (Entries is null)
        {
            return null;
        }

        Tensor entries = Entries.Pushforward(velocity).view(Factor.shape) * Scale.Held();
        Tensor factor = entries.tril(-1).Plus(diag_embed(entries.diagonal(0, 1, 2) * Slopes));
        return Times(factor, Transposed(w)).Plus(Times(Factor, Times(factor.transpose(1, 2), w)));
    }

    private Tensor Transposed(Tensor w) => Times(Factor.transpose(1, 2), w);

    private static Tensor Times(Tensor matrices, Tensor vectors) => matrices.matmul(vectors.unsqueeze(2)).squeeze(2);

    private Tensor EntryCotangents(Tensor cotangent)
    {
        Tensor scaled = cotangent * Scale.Held();
        return scaled.tril(-1).Plus(diag_embed(scaled.diagonal(0, 1, 2) * Slopes)).flatten(1);
    }
}
