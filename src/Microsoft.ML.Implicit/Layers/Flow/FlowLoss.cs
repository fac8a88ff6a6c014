using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>What a training step of a flow computed.</summary>
/// <param name="LossTensor">Mean negative log likelihood, in nats, plus penalties, of one element, where it was computed.</param>
/// <param name="Evaluations">Evaluations of the dynamics in the forward solves.</param>
public readonly record struct FlowLoss(Tensor LossTensor, int Evaluations)
{
    /// <summary>Mean negative log likelihood, in nats, plus penalties, read from its device at each call.</summary>
    public double Loss => LossTensor.ReadDouble();
}
