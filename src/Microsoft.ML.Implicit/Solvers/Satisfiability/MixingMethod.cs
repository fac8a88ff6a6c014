using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>
/// The mixing method (Wang, Chang and Kolter, 2018, "The mixing method: low-rank coordinate descent for semidefinite programming with diagonal constraints"): the semidefinite
/// relaxation min ⟨SᵀS, VᵀV⟩ of maximum satisfiability over unit vectors v_i is solved by v_i ← −g_i / ‖g_i‖ with g_i = Σ_j≠i (s_i·s_j) v_j, one variable after another. The adjoint is
/// solved by the same sweeps (Wang, Donti, Wilder and Kolter, 2019, "SATNet", algorithm 3).
/// </summary>
/// <remarks>
/// The products s_i·s_j are made once a batch, rather than keeping V Sᵀ up to date as the papers do: a variable then costs as many multiplications as there are free variables a number of
/// its vector, rather than twice as many as there are clauses, and what several variables need is one pass over the vectors.
/// </remarks>
internal static class MixingMethod
{
    private const int RankBlock = 16;

    /// <summary>Length of the unit vectors: above √(2 n) the relaxation has no local minima (Barvinok, 1995; Pataki, 1998), rounded up to whole vector registers.</summary>
    public static int RankOf(int variables) => (((int)Math.Sqrt(2.0 * variables) / RankBlock) + 1) * RankBlock;

    /// <summary>The products s_i·s_j of different variables, <c>[variables, variables]</c>, with a diagonal of zero.</summary>
    /// <param name="weights">S, <c>[variables, clauses]</c>.</param>
    public static Tensor ProductsOf(Tensor weights)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor products = weights.mm(weights.t());
        products.diagonal().zero_();
        return products.MoveToOuterDisposeScope();
    }

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
