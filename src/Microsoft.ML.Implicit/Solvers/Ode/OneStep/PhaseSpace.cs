using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>States whose last dimension holds positions and then as many momenta.</summary>
internal static class PhaseSpace
{
    /// <summary>Positions and momenta, views of the state.</summary>
    /// <exception cref="ArgumentException">The last dimension is odd.</exception>
    public static (Tensor Q, Tensor P) Split(Tensor state)
    {
        long width = state.shape[^1];
        return width % 2 == 0
            ? (state.narrow(-1, 0, width / 2), state.narrow(-1, width / 2, width / 2))
            : throw new ArgumentException($"The last dimension holds positions and as many momenta; it has {width} elements.", nameof(state));
    }
}
