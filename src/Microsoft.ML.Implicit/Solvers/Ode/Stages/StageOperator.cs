using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stages;

/// <summary>I - hγJ, the operator of the equation of an implicit stage.</summary>
/// <param name="jacobian">J.</param>
/// <param name="weight">hγ.</param>
internal sealed class StageOperator(RowOperator jacobian, double weight) : RowOperator(jacobian.Rows, jacobian.Width, jacobian.Type, jacobian.Device)
{
    /// <summary>Width up to which matrices are the cheaper way.</summary>
    public const int LargestDense = 64;

    /// <summary>Solves such equations: by factors of a matrix where rows are short, and by GMRES where they are long and it converges.</summary>
    /// <param name="krylov">Tolerance and limits of GMRES; <see langword="null"/> for the defaults.</param>
    public static ILinearSolver CreateSolver(KrylovSettings? krylov = null) => new FallbackSolver(new DirectOrKrylovSolver(LargestDense, krylov), new LuSolver());

    public override Tensor Apply(Tensor vector) => Shift(vector, jacobian.Apply(vector));

    public override Tensor ApplyTransposed(Tensor vector) => Shift(vector, jacobian.ApplyTransposed(vector));

    public override Tensor Dense()
    {
        using DisposeScope scope = NewDisposeScope();
        return (eye(Width, dtype: Type, device: Device) - (jacobian.Dense() * weight.Held())).MoveToOuterDisposeScope();
    }

    private Tensor Shift(Tensor vector, Tensor product)
    {
        using (product)
        {
            return vector.add(product, alpha: (-weight).Held());
        }
    }
}
