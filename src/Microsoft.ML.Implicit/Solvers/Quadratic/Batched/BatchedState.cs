using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Solutions of a batch in the user's units, float64 on the problem's device: z [batch, n], ν [batch, k], and slacks and multipliers
/// of all constraints [batch, L] in the order of <see cref="BatchedSystem"/>; and the scales of that system. Slacks are separated, see <see cref="Complementarity"/>.
/// </summary>
internal sealed record BatchedState(Tensor Z, Tensor Nu, Tensor Slack, Tensor Lambda, Tensor Scales)
{
    public Tensor[] Tensors => [Z, Nu, Slack, Lambda, Scales];

    public static BatchedState FromTensors(IReadOnlyList<Tensor> tensors) => new(tensors[0], tensors[1], tensors[2], tensors[3], tensors[4]);
}
