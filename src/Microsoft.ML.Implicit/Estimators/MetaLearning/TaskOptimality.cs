using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What is zero at the weights of a task: Σ ∇ℓ over its rows plus λ (w − m). The inputs are m, <c>[features + 1, outputs]</c>, and log λ, <c>[features + 1]</c>.</summary>
/// <param name="group">Tasks.</param>
/// <param name="loss">Loss of a row.</param>
internal sealed class TaskOptimality(TaskGroup group, LinearLoss loss) : IDifferentiableFunction
{
    public Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> inputs)
    {
        Tensor slopes = loss.Slope(group.Features.bmm(z).flatten(0, 1), group.Targets.flatten(0, 1)).view(group.Targets.shape) * group.Weights.unsqueeze(2);
        return group.Features.transpose(1, 2).bmm(slopes).Plus(inputs[1].exp().unsqueeze(1) * (z - inputs[0]));
    }

    public Linearization Linearize(Tensor z, IReadOnlyList<Tensor> inputs) => new TaskHessian(this, group, loss, z, inputs[0], inputs[1]);

    public override string ToString() => "the adaptation to tasks";
}
