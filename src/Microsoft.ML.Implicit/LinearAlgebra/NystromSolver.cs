using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>
/// Solves (A + ρ I) x = b with a symmetric A replaced by its Nyström approximation of low rank, A Ω (Ωᵀ A Ω)⁺ Ωᵀ A (Hataya and Yamada 2023, "Nyström method for
/// accurate and scalable implicit differentiation"): as many products as the rank prepare it, and a solve needs none. It is exact where the rank reaches that of A,
/// and otherwise as good as A's eigenvalues fall off fast.
/// </summary>
/// <remarks>
/// Ω is an orthonormal basis of random directions (Frangella, Tropp and Udell 2023, "Randomized Nyström preconditioning") rather than columns of the identity, which miss
/// what lies in other unknowns. Directions of zero or negative curvature count as having none.
/// </remarks>
/// <example><code>
/// using IFactorization nystrom = new NystromSolver(rank: 20, damping: 0.01).Prepare(a);
/// </code></example>
public sealed class NystromSolver : ILinearSolver
{
    private readonly int _rank;
    private readonly double _damping;
    private readonly int _seed;

    /// <summary>Creates the solver.</summary>
    /// <param name="rank">Directions in which the operator is known; at most its width are used.</param>
    /// <param name="damping">ρ, in the operator's units.</param>
    /// <param name="seed">Seed of the directions.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rank or the damping is not positive.</exception>
    public NystromSolver(int rank = 20, double damping = 0.01, int seed = 0)
    {
        SettingRange.Require(rank >= 1, nameof(rank), rank, "at least 1");
        SettingRange.Require(damping > 0 && double.IsFinite(damping), nameof(damping), damping, "positive and finite");
        (_rank, _damping, _seed) = (rank, damping, seed);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The operator is not known to be symmetric.</exception>
    public IFactorization Prepare(RowOperator linearOperator)
    {
        ArgumentNullException.ThrowIfNull(linearOperator);
        Requirements.Symmetric(linearOperator, nameof(NystromSolver));
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        (Tensor basis, Tensor values) = Approximate(linearOperator);

        // (U Λ Uᵀ + ρ I)⁻¹ = I / ρ − U (I / ρ − (Λ + ρ I)⁻¹) Uᵀ.
        Tensor shrinkage = (1 / _damping).Held().Minus(values.Plus(_damping.Held()).reciprocal());
        return new Factorization(basis.DetachFromDisposeScope(), shrinkage.unsqueeze(2).DetachFromDisposeScope(), _damping);
    }

    // Orthonormal U, [rows, width, rank], and Λ, [rows, rank], in float64.
    private (Tensor Basis, Tensor Values) Approximate(RowOperator a)
    {
        int rank = (int)Math.Min(_rank, a.Width);
        using var generator = new Generator((ulong)_seed, CPU);
        Tensor directions = linalg.qr(randn([a.Width, rank], ScalarType.Float64, generator: generator)).Q.to(a.Device);
        Tensor given = directions.to(a.Type);
        Tensor products = stack([.. Enumerable.Range(0, rank).Select(i => a.Apply(given.select(1, i).expand(a.Rows, a.Width)))], 2).to(ScalarType.Float64);
        (Tensor finite, Tensor usable) = DenseMatrices.Finite(directions.t().matmul(products));
        (Tensor curvatures, Tensor axes) = linalg.eigh(finite.Plus(finite.transpose(1, 2)) * 0.5.Held());
        Tensor threshold = curvatures.abs().amax([1], keepdim: true) * (rank * MachineEpsilon.Of(a.Type)).Held();
        Tensor kept = curvatures.gt(threshold);
        Tensor inverseRoots = where(kept, curvatures.clamp_min(double.Epsilon.Held()).rsqrt(), zeros_like(curvatures));
        Tensor factor = products.nan_to_num(0, 0, 0).matmul(axes * inverseRoots.unsqueeze(1));
        (Tensor basis, Tensor singular, _) = linalg.svd(factor, fullMatrices: false);
        Tensor values = singular.Squared();
        return (basis, values.masked_fill(usable.logical_not().unsqueeze(1), double.NaN.Held()));
    }

    private sealed class Factorization(Tensor basis, Tensor shrinkage, double damping) : IFactorization
    {
        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(rightSide);
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGraph = no_grad();
            Tensor b = rightSide.to(ScalarType.Float64).unsqueeze(2);
            Tensor x = (b / damping.Held()) - basis.matmul(shrinkage * basis.transpose(1, 2).matmul(b));
            return LinearSolution.Direct(x.squeeze(2).to(rightSide.dtype).MoveToOuterDisposeScope());
        }

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Solve(rightSide, cancellationToken);

        public void Dispose()
        {
            basis.Dispose();
            shrinkage.Dispose();
        }
    }
}
