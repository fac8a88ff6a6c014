using Microsoft.ML.Implicit.Native.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>The sweeps on a GPU, as one kernel with a block a row.</summary>
internal static class CudaMixing
{
    private const int WarpSize = 32;

    // As in the kernel: variables that move in one step, and products that a warp reads at once.
    private const int Block = 16;
    private const int Chunk = 32;

    // What every GPU gives a block without being asked for more.
    private const int SharedBytes = 48 * 1024;

    /// <summary>The kernel for systems of this size, or null where it cannot run.</summary>
    public static CudaKernel? Find(MixingSystem system)
    {
        int workers = Workers(system);
        if (workers == 0 || system.Rank % Block != 0 || system.Vectors.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            return null;
        }

        string[] definitions =
        [
            CudaKernel.RealType(system.Vectors.dtype),
            $"VARIABLES={system.Variables}",
            $"RANK={system.Rank}",
            $"WORKERS={workers}",
            $"ADJOINT={(system.Adjoint is null ? 0 : 1)}",
        ];
        return CudaKernel.Find("mix", ["Mixing.cu"], definitions, system.Vectors.device);
    }

    public static MixingOutcome Run(CudaKernel kernel, MixingSystem system, MixingSettings settings)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor isFree = system.IsFree.contiguous();
        Tensor constants = system.Adjoint?.RightSide.neg() ?? empty_like(system.Vectors);
        Tensor norms = system.Adjoint?.Norms ?? zeros([system.Rows, system.Variables], system.Vectors.dtype, system.Vectors.device);
        Tensor readings = zeros([system.Rows, 2], ScalarType.Float64, system.Vectors.device);
        if (system.Rows > 0)
        {
            // The forward solve does not read the last one.
            kernel.Launch(
                system.Rows, WarpSize * (Workers(system) + 1), system.Products, isFree, system.Vectors, constants, norms, readings, settings.MaximumSweeps, settings.Tolerance,
                system.Adjoint?.Solution ?? system.Vectors);
        }

        return new MixingOutcome(system.Adjoint is null ? norms.MoveToOuterDisposeScope() : norms, readings.MoveToOuterDisposeScope());
    }

    // As many warps beside the one that moves variables as shared memory has room for; 0 where it has none.
    private static int Workers(MixingSystem system)
    {
        int size = (int)system.Vectors.element_size(), stage = Block * Math.Max(system.Rank, Chunk);
        int shared = (size * ((2 * Block * system.Rank) + (3 * Block * Block))) + (sizeof(short) * system.Variables) + (4 * sizeof(int));
        int[] choices = [12, 8, 4, 2, 1];
        return system.Variables > short.MaxValue ? 0 : choices.FirstOrDefault(workers => shared + (size * workers * stage) <= SharedBytes);
    }
}
