namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>What a training step of a flow computed.</summary>
/// <param name="Loss">Mean negative log likelihood, in nats, plus penalties.</param>
/// <param name="Evaluations">Evaluations of the dynamics in the forward solves.</param>
public readonly record struct FlowLoss(double Loss, int Evaluations);
