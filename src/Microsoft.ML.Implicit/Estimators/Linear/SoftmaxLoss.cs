using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The negative log likelihood of one of several classes, whose probabilities are the softmax of the outputs.</summary>
/// <param name="classCount">Number of classes.</param>
internal sealed class SoftmaxLoss(int classCount) : LinearLoss
{
    public override int OutputCount => classCount;

    public override bool IgnoresShifts => true;

    public override Tensor Targets(Tensor labels) => nn.functional.one_hot(labels.to(ScalarType.Int64), classCount).to(ScalarType.Float64);

    public override Tensor Labels(Tensor targets) => targets.argmax(1).to(ScalarType.Float64);

    public override Tensor Losses(Tensor outputs, Tensor targets) => outputs.logsumexp(1) - (outputs * targets).sum(1);

    public override Tensor Agreement(Tensor outputs, Tensor targets) =>
        (outputs * targets).sum(1) - outputs.masked_fill(targets.gt(0.Held()), double.NegativeInfinity.Held()).logsumexp(1);

    public override Tensor Slope(Tensor outputs, Tensor targets) => outputs.softmax(1) - targets;

    // diag(p) − p pᵀ = (diag(√p) − p √pᵀ) (diag(√p) − p √pᵀ)ᵀ, since the roots' squares add up to one.
    public override Tensor CurvatureRoots(Tensor outputs)
    {
        Tensor probabilities = outputs.softmax(1), roots = probabilities.sqrt();
        return roots.diag_embed() - (probabilities.unsqueeze(2) * roots.unsqueeze(1));
    }

    public override Tensor Curve(Tensor outputs, Tensor directions)
    {
        Tensor probabilities = outputs.softmax(1);
        return probabilities * (directions - (probabilities * directions).sum(1, keepdim: true));
    }
}
