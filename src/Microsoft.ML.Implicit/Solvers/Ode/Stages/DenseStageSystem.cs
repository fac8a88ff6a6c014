using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stages;

/// <summary>Stage equations by the inverse of a matrix for each row, which serves many right sides.</summary>
internal sealed class DenseStageSystem : StageSystem
{
    private readonly Tensor _jacobian;
    private readonly Tensor _inverse;

    private DenseStageSystem(Tensor jacobian, Tensor inverse)
    {
        _jacobian = jacobian.alias().DetachFromDisposeScope();
        _inverse = inverse.DetachFromDisposeScope();
    }

    /// <param name="jacobian">J, <c>[rows, width, width]</c>.</param>
    /// <param name="weight">hγ.</param>
    public static DenseStageSystem? TryCreate(Tensor jacobian, double weight)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor identity = eye(jacobian.shape[1], dtype: jacobian.dtype, device: jacobian.device);
        try
        {
            (Tensor factors, Tensor? pivots) = linalg.lu_factor(identity - (jacobian * weight.Held()));
            return new DenseStageSystem(jacobian, linalg.lu_solve(factors, pivots!, identity.expand_as(jacobian)));
        }
        catch (ExternalException)
        {
            return null;
        }
    }

    public override Tensor Solve(Tensor rightSide) => Product(_inverse, rightSide);

    public override Tensor JacobianMagnitude(Tensor magnitudes) => Product(_jacobian.abs(), magnitudes);

    public override Tensor InverseMagnitude(Tensor magnitudes) => Product(_inverse.abs(), magnitudes);

    public override void Dispose()
    {
        _jacobian.Dispose();
        _inverse.Dispose();
    }

    private static Tensor Product(Tensor matrices, Tensor rows) => matrices.bmm(rows.unsqueeze(2)).squeeze(2);
}
