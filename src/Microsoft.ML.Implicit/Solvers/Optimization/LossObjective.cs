using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>The sum of the losses of residuals.</summary>
internal sealed class LossObjective(IRowObjective residuals, RobustLoss loss) : IRowObjective
{
    public Tensor Evaluate(Tensor y, IReadOnlyList<Tensor> inputs) => loss.Evaluate(residuals.Values(y, inputs)).sum(1);

    public override string ToString() => residuals.ToString() ?? "the residuals";
}
