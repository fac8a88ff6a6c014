using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>
/// The mixing method (Wang, Chang and Kolter, 2018, "The mixing method: low-rank coordinate descent for semidefinite programming with diagonal constraints"): the semidefinite
/// relaxation min ⟨SᵀS, VᵀV⟩ of maximum satisfiability over unit vectors v_i is solved by v_i ← −g_i / ‖g_i‖ with g_i = V Sᵀ s_i − ‖s_i‖² v_i, one variable after another, where
/// V Sᵀ is kept up to date. The adjoint is solved by the same sweeps (Wang, Donti, Wilder and Kolter, 2019, "SATNet", algorithm 3).
/// </summary>
internal static class MixingMethod
{
    private const int RankBlock = 16;

    /// <summary>Length of the unit vectors: above √(2 n) the relaxation has no local minima (Barvinok, 1995; Pataki, 1998), rounded up to whole vector registers.</summary>
    public static int RankOf(int variables) => (((int)Math.Sqrt(2.0 * variables) / RankBlock) + 1) * RankBlock;

    /// <summary>Sweeps over the free variables of every row until the row has converged.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static MixingOutcome Run(MixingSystem system, MixingSettings settings, CancellationToken cancellationToken = default)
    {
        bool isSingle = system.Vectors.dtype == ScalarType.Float32;
        return system.Vectors.device_type switch
        {
            DeviceType.CPU when isSingle && system.Rank % ManagedMixing.RankBlock == 0 => ManagedMixing.Run(system, settings, cancellationToken),
            DeviceType.CUDA when CudaMixing.Find(system) is { } kernel => CudaMixing.Run(kernel, system, settings),
            _ => TensorMixing.Run(system, settings, cancellationToken),
        };
    }
}
