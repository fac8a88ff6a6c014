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

    public override SparsityPattern? Sparsity => jacobian.Sparsity;

    /// <summary>Solves such equations: by factors of a matrix with few diagonals or short rows, and by GMRES where it is neither and that converges.</summary>
    /// <param name="krylov">Tolerance and limits of GMRES; <see langword="null"/> for the defaults.</param>
    public static ILinearSolver CreateSolver(KrylovSettings? krylov = null) =>
        new BandedOrOtherSolver(new FallbackSolver(new DirectOrKrylovSolver(LargestDense, krylov), new LuSolver()));

    /// <summary>Whether few diagonals hold all elements.</summary>
    public static bool IsBanded(RowOperator jacobian) => jacobian.Sparsity is { } pattern && Math.Max(pattern.Lower, pattern.Upper) <= LargestDense;

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

    private sealed class BandedOrOtherSolver(ILinearSolver other) : ILinearSolver
    {
        private readonly SparseSolver _banded = new();

        public IFactorization Prepare(RowOperator linearOperator) => (IsBanded(linearOperator) ? _banded : other).Prepare(linearOperator);
    }
}
