using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stages;

/// <summary>The linear equations (I - hγJ) x = b of the stages of one step, for each row.</summary>
internal abstract class StageSystem : IDisposable
{
    /// <summary>Prepares them.</summary>
    /// <param name="jacobian">J.</param>
    /// <param name="matrices">J as matrices, where rows are short.</param>
    /// <param name="weight">hγ.</param>
    /// <returns><see langword="null"/> where those of some row are singular, as they may be for a growing solution and one size of the step.</returns>
    public static StageSystem? TryCreate(StateJacobian jacobian, Tensor? matrices, double weight) =>
        matrices is null ? new ProductStageSystem(jacobian, weight) : DenseStageSystem.TryCreate(matrices, weight);

    /// <summary>x, <c>[rows, width]</c>.</summary>
    public abstract Tensor Solve(Tensor rightSide);

    /// <summary>|J| u, or an estimate of it, for u of nonnegative elements.</summary>
    public abstract Tensor JacobianMagnitude(Tensor magnitudes);

    /// <summary>|(I - hγJ)⁻¹| u, or an estimate of it, for u of nonnegative elements.</summary>
    public abstract Tensor InverseMagnitude(Tensor magnitudes);

    /// <inheritdoc/>
    public abstract void Dispose();
}
