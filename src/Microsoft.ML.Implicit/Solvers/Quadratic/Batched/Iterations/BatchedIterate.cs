using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;

/// <summary>Iterates of a batch side by side in one tensor [batch, 2L + n + k]: s, λ, z, ν. The parts are views.</summary>
internal sealed class BatchedIterate
{
    public BatchedIterate(Tensor packed, long variables, long constraints)
    {
        Packed = packed;
        S = packed.narrow(1, 0, constraints);
        Lambda = packed.narrow(1, constraints, constraints);
        Positive = packed.narrow(1, 0, 2 * constraints);
        Z = packed.narrow(1, 2 * constraints, variables);
        Nu = packed.narrow(1, variables + (2 * constraints), packed.shape[1] - variables - (2 * constraints));
    }

    public Tensor Packed { get; }

    public Tensor S { get; }

    public Tensor Lambda { get; }

    /// <summary>s and λ.</summary>
    public Tensor Positive { get; }

    public Tensor Z { get; }

    public Tensor Nu { get; }
}
