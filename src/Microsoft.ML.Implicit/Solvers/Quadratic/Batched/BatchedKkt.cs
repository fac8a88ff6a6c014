using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Factors of the reduced KKT systems of a batch: one batched Cholesky factorisation of H and, with equalities, one of the Schur complement.
/// The triangular factors are inverted once, so that each of the two or more solves an iteration is a pair of matrix products.
/// </summary>
internal sealed class BatchedKkt
{
    // Keeps the Schur complement of dependent equalities factorable; the component it moves does not change z.
    private const double SchurRegularisation = 1e-12;

    private readonly BatchedSystem _system;
    private readonly Tensor _inverse;
    private readonly Tensor? _halfSolved;
    private readonly Tensor? _schurInverse;

    public BatchedKkt(BatchedSystem system, Tensor w, double regularisation)
    {
        _system = system;
        _inverse = InverseFactor(system.Hessian(w, regularisation));
        if (system.A is not null)
        {
            _halfSolved = _inverse.matmul(system.A.transpose(-1, -2));
            Tensor schur = _halfSolved.transpose(1, 2).bmm(_halfSolved);
            Tensor diagonal = schur.diagonal(0, 1, 2);
            diagonal.add_(diagonal.amax([1], keepdim: true) * SchurRegularisation);
            _schurInverse = InverseFactor(schur);
        }
    }

    /// <summary>Solves for right-hand sides [batch, n] and [batch, k].</summary>
    public (Tensor Dz, Tensor Dnu) Solve(Tensor r1, Tensor r2)
    {
        if (_schurInverse is null)
        {
            return (BatchedSystem.TransposedApply(_inverse, BatchedSystem.Apply(_inverse, r1)), r2);
        }

        Tensor half = BatchedSystem.Apply(_inverse, r1 + BatchedSystem.TransposedApply(_system.A!, r2));
        Tensor right = BatchedSystem.TransposedApply(_halfSolved!, half).sub_(r2);
        Tensor dnu = BatchedSystem.TransposedApply(_schurInverse, BatchedSystem.Apply(_schurInverse, right));
        return (BatchedSystem.TransposedApply(_inverse, half.sub_(BatchedSystem.Apply(_halfSolved!, dnu))), dnu);
    }

    // L⁻¹ of matrix = L Lᵀ; NaN or garbage in rows that are not positive definite, which then do not converge.
    private static Tensor InverseFactor(Tensor matrix)
    {
        Tensor factor = linalg.cholesky_ex(matrix).Item1;
        Tensor identity = eye(matrix.shape[^1], dtype: ScalarType.Float64, device: matrix.device);
        return linalg.solve_triangular(factor, identity.expand(matrix.shape), upper: false);
    }
}
