using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;

/// <summary>What to take off the iterates of a batch, see <see cref="BatchedIterate"/>.</summary>
internal readonly record struct BatchedStep(Tensor S, Tensor Lambda, Tensor Z, Tensor Nu)
{
    /// <summary>The parts for s and λ side by side, [batch, 2L].</summary>
    public Tensor Positive => cat([S, Lambda], 1);

    /// <summary>All parts side by side, as those of the iterates lie.</summary>
    public Tensor Packed => cat([S, Lambda, Z, Nu], 1);
}
