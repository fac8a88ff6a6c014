using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The negative log likelihood of a Boolean whose log-odds are the output.</summary>
internal sealed class LogisticLoss : LinearLoss
{
    public override int OutputCount => 1;

    public override Tensor Targets(Tensor labels) => labels.to(ScalarType.Float64).unsqueeze(1);

    public override Tensor Labels(Tensor targets) => targets.squeeze(1);

    public override Tensor Losses(Tensor outputs, Tensor targets) => (outputs.Softplus() - (outputs * targets)).squeeze(1);

    public override Tensor Agreement(Tensor outputs, Tensor targets) => (outputs * ((targets * 2.Held()) - 1.Held())).squeeze(1);

    public override Tensor Slope(Tensor outputs, Tensor targets) => outputs.sigmoid() - targets;

    public override Tensor CurvatureRoots(Tensor outputs) => (outputs.sigmoid() * outputs.neg().sigmoid()).sqrt().unsqueeze(2);

    public override Tensor Curve(Tensor outputs, Tensor directions) => outputs.sigmoid() * outputs.neg().sigmoid() * directions;
}
