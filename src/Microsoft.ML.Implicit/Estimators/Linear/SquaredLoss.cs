using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Half the squared error of a label in units of its deviation.</summary>
/// <param name="mean">Mean of the labels.</param>
/// <param name="deviation">Their standard deviation.</param>
internal sealed class SquaredLoss(double mean, double deviation) : LinearLoss
{
    public double Mean => mean;

    public double Deviation => deviation;

    public override int OutputCount => 1;

    public override bool IsQuadratic => true;

    public override bool HasClasses => false;

    public override Tensor Targets(Tensor labels) => ((labels.to(ScalarType.Float64) - mean.Held()) / deviation.Held()).unsqueeze(1);

    public override Tensor Labels(Tensor targets) => (targets.squeeze(1) * deviation.Held()).Plus(mean.Held());

    public override Tensor Losses(Tensor outputs, Tensor targets) => (outputs - targets).Squared().squeeze(1) * 0.5.Held();

    public override Tensor Agreement(Tensor outputs, Tensor targets) => LabelOdds.OfErrors((outputs - targets).Squared().squeeze(1));

    public override Tensor Slope(Tensor outputs, Tensor targets) => outputs - targets;

    public override Tensor CurvatureRoots(Tensor outputs) => ones_like(outputs).unsqueeze(2);

    public override Tensor Curve(Tensor outputs, Tensor directions) => directions;

    /// <summary>The negative log likelihood of a normal error at its best variance, without its constant.</summary>
    public override Tensor ToNats(Tensor meanLoss) => meanLoss.log() * 0.5.Held();
}
