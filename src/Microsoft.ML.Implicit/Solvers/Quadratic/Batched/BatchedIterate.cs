using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>Iterates of a batch, or steps in them, side by side in one tensor [batch, n + 2L + k]: z, s, λ, ν. The parts are views.</summary>
internal sealed class BatchedIterate
{
    public BatchedIterate(Tensor packed, long variables, long constraints)
    {
        Packed = packed;
        Z = packed.narrow(1, 0, variables);
        S = packed.narrow(1, variables, constraints);
        Lambda = packed.narrow(1, variables + constraints, constraints);
        Nu = packed.narrow(1, variables + (2 * constraints), packed.shape[1] - variables - (2 * constraints));
        Positive = packed.narrow(1, variables, 2 * constraints);
    }

    public Tensor Packed { get; }

    public Tensor Z { get; }

    public Tensor S { get; }

    public Tensor Lambda { get; }

    public Tensor Nu { get; }

    /// <summary>s and λ.</summary>
    public Tensor Positive { get; }
}
