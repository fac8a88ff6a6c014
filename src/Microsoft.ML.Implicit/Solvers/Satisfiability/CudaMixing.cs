using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Native.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>The sweeps on a GPU, as one kernel with a block a row.</summary>
internal static class CudaMixing
{
    private const int RankLanes = 16;
    private const int SlotsAimedAt = 16;
    private const int MaximumThreads = 512;

    /// <summary>The kernel for systems of this size, or null where it cannot run.</summary>
    public static CudaKernel? Find(MixingSystem system)
    {
        if (system.Rank % RankLanes != 0 || system.Variables > short.MaxValue || system.Vectors.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            return null;
        }

        int threads = Threads(system.Clauses);
        int slots = ((system.Clauses * RankLanes) + threads - 1) / threads;
        string[] definitions =
        [
            CudaKernel.RealType(system.Vectors.dtype),
            $"VARIABLES={system.Variables}",
            $"CLAUSES={system.Clauses}",
            $"RANK={system.Rank}",
            $"THREADS={threads}",
            $"SLOTS={slots}",
            $"ADJOINT={(system.Adjoint is null ? 0 : 1)}",
        ];
        return CudaKernel.Find("mix", CudaKernel.ReadSource("Mixing.cu"), definitions, system.Vectors.device);
    }

    public static MixingOutcome Run(CudaKernel kernel, MixingSystem system, MixingSettings settings)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor weights = system.Weights.contiguous(), isFree = system.IsFree.contiguous(), squares = weights.Squared().sum(1);
        Tensor norms = system.Adjoint?.Norms ?? zeros([system.Rows, system.Variables], system.Vectors.dtype, system.Vectors.device);
        Tensor readings = zeros([system.Rows, 2], ScalarType.Float64, system.Vectors.device);
        if (system.Rows > 0)
        {
            // The forward solve does not read the last two.
            kernel.Launch(
                system.Rows, Threads(system.Clauses), weights, squares, isFree, system.Vectors, norms, readings, settings.MaximumSweeps, settings.Tolerance,
                system.Adjoint?.Solution ?? system.Vectors, system.Adjoint?.RightSide ?? system.Vectors);
        }

        return new MixingOutcome(system.Adjoint is null ? norms.MoveToOuterDisposeScope() : norms, readings.MoveToOuterDisposeScope());
    }

    // Whole warps, with a few clauses for each thread.
    private static int Threads(int clauses) => Math.Clamp((clauses * RankLanes / SlotsAimedAt + 31) / 32 * 32, 32, MaximumThreads);
}
