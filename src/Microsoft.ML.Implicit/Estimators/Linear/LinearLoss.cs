using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The loss of a row in the outputs of a linear model, convex in them. All tensors are float64.</summary>
internal abstract class LinearLoss
{
    /// <summary>Outputs of the model.</summary>
    public abstract int OutputCount { get; }

    /// <summary>Whether the loss is quadratic, so that its Hessian does not depend on the outputs.</summary>
    public virtual bool IsQuadratic => false;

    /// <summary>Whether a number added to all outputs of a row changes nothing.</summary>
    public virtual bool IgnoresShifts => false;

    /// <summary>Whether labels are classes rather than numbers.</summary>
    public virtual bool HasClasses => true;

    /// <summary>What outputs are held against, <c>[rows, outputs]</c>.</summary>
    /// <param name="labels">float32 <c>[rows]</c>.</param>
    public abstract Tensor Targets(Tensor labels);

    /// <summary>The labels behind targets, float64 <c>[rows]</c>.</summary>
    /// <param name="targets"><c>[rows, outputs]</c>.</param>
    public abstract Tensor Labels(Tensor targets);

    /// <summary>The loss of each row, <c>[rows]</c>.</summary>
    /// <param name="outputs"><c>[rows, outputs]</c>.</param>
    /// <param name="targets"><c>[rows, outputs]</c>.</param>
    public abstract Tensor Losses(Tensor outputs, Tensor targets);

    /// <summary>The gradient of each row's loss in its outputs, <c>[rows, outputs]</c>, with a graph to them.</summary>
    /// <param name="outputs"><c>[rows, outputs]</c>.</param>
    /// <param name="targets"><c>[rows, outputs]</c>.</param>
    public abstract Tensor Slope(Tensor outputs, Tensor targets);

    /// <summary>A matrix G for each row, <c>[rows, outputs, outputs]</c>, of which G Gᵀ is the Hessian of its loss in its outputs.</summary>
    /// <param name="outputs"><c>[rows, outputs]</c>.</param>
    public abstract Tensor CurvatureRoots(Tensor outputs);

    /// <summary>The Hessian of each row's loss in its outputs, times directions.</summary>
    /// <param name="outputs"><c>[rows, outputs]</c>.</param>
    /// <param name="directions"><c>[rows, outputs]</c>.</param>
    /// <returns><c>[rows, outputs]</c>.</returns>
    public abstract Tensor Curve(Tensor outputs, Tensor directions);

    /// <summary>How well outputs agree with what they are held against, as the log-odds that a label is right and not one of the others, <c>[rows]</c>.</summary>
    /// <param name="outputs"><c>[rows, outputs]</c>.</param>
    /// <param name="targets"><c>[rows, outputs]</c>.</param>
    public abstract Tensor Agreement(Tensor outputs, Tensor targets);

    /// <summary>A mean loss in nats a row, as evidence is counted in.</summary>
    public virtual Tensor ToNats(Tensor meanLoss) => meanLoss;
}
