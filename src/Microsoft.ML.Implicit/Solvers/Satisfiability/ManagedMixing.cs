using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.Implicit.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>The sweeps in float32 on the CPU, rows in parallel.</summary>
/// <remarks>
/// What all vectors of a row make of a few variables is one pass over the vectors, so that arithmetic is what a sweep waits for; what the first of those variables change in the
/// others is added after it. The vectors are held block by block, <c>[rank / 16][variables][16]</c>.
/// </remarks>
internal static unsafe class ManagedMixing
{
    /// <summary>Numbers of a vector that are summed at once.</summary>
    public const int RankBlock = 16;

    /// <summary>Variables of one pass. With <see cref="RankBlock"/> numbers of each, the sums fill half of the vector registers.</summary>
    public const int VariableBlock = 4;

    private const int Half = RankBlock / 2;

    public static MixingOutcome Run(MixingSystem system, MixingSettings settings, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor isFree = system.IsFree.contiguous();
        Tensor norms = system.Adjoint?.Norms ?? zeros([system.Rows, system.Variables]);
        Tensor readings = zeros([system.Rows, 2], ScalarType.Float64);
        var data = new ManagedMixingData(system, settings, isFree, norms, readings, cancellationToken);
        var loop = new TileLoop(system.Rows, get_num_threads(), (long)system.Variables * system.Variables * system.Rank);
        AlignedBuffer[] buffers = [.. Enumerable.Range(0, loop.ChunkCount).Select(_ => new AlignedBuffer(ManagedMixingRow.ScratchLength(system)))];
        try
        {
            loop.Run((chunk, row) => new ManagedMixingRow(data, row, buffers[chunk].Pointer).Run());
        }
        catch (AggregateException exception) when (exception.InnerException is OperationCanceledException cancelled)
        {
            throw cancelled;
        }
        finally
        {
            Array.ForEach(buffers, buffer => buffer.Dispose());
        }

        return new MixingOutcome(system.Adjoint is null ? norms.MoveToOuterDisposeScope() : norms, readings.MoveToOuterDisposeScope());
    }

    /// <summary>Sums over vectors, of which a block of numbers is given, [count, 16], weighed by the products with a few variables, [count, 4]: [4, rank], of which it writes that block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(float* block, float* products, int count, float* sums, int rank)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (float* end = block + ((long)count * RankBlock); block < end; block += RankBlock, products += VariableBlock)
        {
            Vector256<float> v0 = Vector256.Load(block), v1 = Vector256.Load(block + Half);
            Vector256<float> a = Vector256.Create(products[0]), b = Vector256.Create(products[1]), c = Vector256.Create(products[2]), d = Vector256.Create(products[3]);
            a0 = Vector256.FusedMultiplyAdd(a, v0, a0);
            a1 = Vector256.FusedMultiplyAdd(a, v1, a1);
            b0 = Vector256.FusedMultiplyAdd(b, v0, b0);
            b1 = Vector256.FusedMultiplyAdd(b, v1, b1);
            c0 = Vector256.FusedMultiplyAdd(c, v0, c0);
            c1 = Vector256.FusedMultiplyAdd(c, v1, c1);
            d0 = Vector256.FusedMultiplyAdd(d, v0, d0);
            d1 = Vector256.FusedMultiplyAdd(d, v1, d1);
        }

        a0.Store(sums);
        a1.Store(sums + Half);
        b0.Store(sums + rank);
        b1.Store(sums + rank + Half);
        c0.Store(sums + (2 * rank));
        c1.Store(sums + (2 * rank) + Half);
        d0.Store(sums + (3 * rank));
        d1.Store(sums + (3 * rank) + Half);
    }
}
