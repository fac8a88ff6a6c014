using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stages;

/// <summary>Stage equations by products with the Jacobian: by the factors of a sparse one, or by a Newton-Krylov method (Knoll and Keyes, Jacobian-free Newton-Krylov methods, 2004).</summary>
internal sealed class ProductStageSystem : StageSystem
{
    // What is left of a correction is a correction of the next iteration of Newton's method.
    private const double Forcing = 1e-4;

    private readonly StateJacobian _jacobian;
    private readonly IFactorization _factorization;

    /// <param name="jacobian">J.</param>
    /// <param name="weight">hγ.</param>
    public ProductStageSystem(StateJacobian jacobian, double weight)
    {
        _jacobian = jacobian;
        _factorization = StageOperator.CreateSolver(new KrylovSettings { RelativeTolerance = Forcing }).Prepare(new StageOperator(jacobian, weight));
    }

    public override Tensor Solve(Tensor rightSide) => _factorization.Solve(rightSide).Solution;

    public override Tensor JacobianMagnitude(Tensor magnitudes) => _jacobian.Apply(magnitudes * Signs(magnitudes)).abs_();

    // Elements of one sample may be small by chance, but rounding leaves no less of them undetermined than of the right side.
    public override Tensor InverseMagnitude(Tensor magnitudes) => Solve(magnitudes * Signs(magnitudes)).abs_().PlusInPlace(magnitudes);

    public override void Dispose() => _factorization.Dispose();

    // A fixed pattern without a short period, so that a row's elements neither add up nor cancel in a system.
    private static Tensor Signs(Tensor like)
    {
        Tensor place = HeldArithmetic.Range(0, like.shape[1], like.device).to(like.dtype);
        return (place.Squared() * Math.Sqrt(2).Held()).cos().sign();
    }
}
