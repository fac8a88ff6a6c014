using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Factors of the reduced KKT systems of a batch: one batched Cholesky factorisation of H and, with equalities, one of the Schur complement.
/// The triangular factors are inverted once, so that each of the two or more solves an iteration is a pair of matrix products.
/// </summary>
internal sealed class BatchedKkt
{
    // Keeps the Schur complement of dependent equalities factorable; the component it moves does not change z.
    public const double SchurRegularisation = 1e-12;

    private const int Corrections = 3;

    private readonly BatchedSystem _system;
    private readonly Tensor? _curvature;
    private readonly Tensor _inverse;
    private readonly Tensor? _halfSolved;
    private readonly Tensor? _schurInverse;

    /// <summary>Factors the systems.</summary>
    /// <param name="system">The matrices.</param>
    /// <param name="w">Weights of the constraints, [rows, L].</param>
    /// <param name="curvature">What Q is multiplied by, [1 or rows, 1]; 1 if null.</param>
    /// <param name="regularisation">ρ.</param>
    public BatchedKkt(BatchedSystem system, Tensor w, Tensor? curvature, double regularisation)
        : this(system, system.Objective(curvature, regularisation), w, curvature)
    {
    }

    /// <summary>Factors the systems.</summary>
    /// <param name="system">The matrices.</param>
    /// <param name="objective"><see cref="BatchedSystem.Objective"/> for <paramref name="curvature"/>.</param>
    /// <param name="w">Weights of the constraints, [rows, L].</param>
    /// <param name="curvature">What Q is multiplied by, [1 or rows, 1]; 1 if null.</param>
    public BatchedKkt(BatchedSystem system, Tensor objective, Tensor w, Tensor? curvature)
    {
        _system = system;
        _curvature = curvature;
        _inverse = system.InverseFactor(system.Hessian(objective, w));
        if (system.A is not null)
        {
            _halfSolved = _inverse.matmul(system.A.transpose(-1, -2));
            Tensor schur = _halfSolved.transpose(1, 2).bmm(_halfSolved);
            Tensor diagonal = schur.diagonal(0, 1, 2);
            diagonal.PlusInPlace(diagonal.amax([1], keepdim: true) * SchurRegularisation.Held());
            _schurInverse = system.InverseFactor(schur);
        }
    }

    /// <summary>Solves for right-hand sides [batch, n] and [batch, k].</summary>
    public (Tensor Dz, Tensor Dnu) Solve(Tensor r1, Tensor r2)
    {
        if (_schurInverse is null)
        {
            return (BatchedSystem.TransposedApply(_inverse, BatchedSystem.Apply(_inverse, r1)), r2);
        }

        Tensor half = BatchedSystem.Apply(_inverse, r1.Plus(BatchedSystem.TransposedApply(_system.A!, r2)));
        Tensor right = BatchedSystem.TransposedApply(_halfSolved!, half).sub_(r2);
        Tensor dnu = BatchedSystem.TransposedApply(_schurInverse, BatchedSystem.Apply(_schurInverse, right));
        return (BatchedSystem.TransposedApply(_inverse, half.sub_(BatchedSystem.Apply(_halfSolved!, dnu))), dnu);
    }

    /// <summary>
    /// Solves Q dz + Cᵀu + Aᵀdν = -g_z, C dz - σ u = -g_c, A dz = -g_ν, where the factored weights are w = 1 / (σ + δ) and <paramref name="share"/> = σ w,
    /// refined against the system before its reduction.
    /// </summary>
    public (Tensor Dz, Tensor Dnu, Tensor U) SolveRefined(Tensor weights, Tensor share, Tensor gradZ, Tensor gradNu, Tensor gradConstraints)
    {
        Tensor dz = zeros_like(gradZ), dnu = zeros_like(gradNu), u = zeros_like(weights);
        Tensor stationarity = gradZ, equality = gradNu, inequality = gradConstraints;
        for (int i = 0; i < Corrections; i++)
        {
            Tensor r3 = (share * u).addcmul_(weights, inequality, (-1).Held());
            (Tensor z, Tensor nu) = Solve(_system.AddTransposed(stationarity, u - r3, dnu).neg_(), -equality);
            BatchedProducts products = _system.Products(z);
            dz = dz.Plus(z);
            dnu = equality.shape[1] > 0 ? dnu.Plus(nu) : dnu;
            u = u.addcmul(weights, products.C, 1.Held()).sub_(r3);
            stationarity = stationarity.Plus(_curvature is null ? products.Q : products.Q * _curvature);
            inequality = inequality.Plus(products.C);
            equality = equality.shape[1] > 0 ? equality.Plus(products.A) : equality;
        }

        return (dz, dnu, u);
    }
}
