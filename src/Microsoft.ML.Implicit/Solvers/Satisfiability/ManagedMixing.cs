using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>The sweeps in float32 on the CPU, rows in parallel.</summary>
/// <remarks>
/// W = V Sᵀ is held block by block, <c>[rank / 16][clauses][16]</c>. The product W s_i of a variable and the change of W by the variable before it are one pass over W, which is
/// what a sweep waits for.
/// </remarks>
internal static unsafe class ManagedMixing
{
    /// <summary>Two vectors, enough of each clause to pay for spreading its weight.</summary>
    public const int RankBlock = 16;

    private const int Half = RankBlock / 2;

    public static MixingOutcome Run(MixingSystem system, MixingSettings settings, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor weights = system.Weights.contiguous(), isFree = system.IsFree.contiguous(), squares = weights.Squared().sum(1);
        Tensor norms = system.Adjoint?.Norms ?? zeros([system.Rows, system.Variables]);
        Tensor readings = zeros([system.Rows, 2], ScalarType.Float64);
        var data = new ManagedMixingData(system, settings, weights, squares, isFree, norms, readings, cancellationToken);
        var loop = new TileLoop(system.Rows, get_num_threads(), (long)system.Variables * system.Rank * system.Clauses);
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

    /// <summary>W ← W + δ s_beforeᵀ for a block of W, and W s.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pass(float* block, int clauses, float* before, float* delta, float* s, float* product)
    {
        Vector256<float> d0 = Vector256.Load(delta), d1 = Vector256.Load(delta + Half);
        Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int clause = 0;
        for (; clause + 1 < clauses; clause += 2, block += 2 * RankBlock)
        {
            Vector256<float> b0 = Vector256.Create(before[clause]), b1 = Vector256.Create(before[clause + 1]);
            Vector256<float> s0 = Vector256.Create(s[clause]), s1 = Vector256.Create(s[clause + 1]);
            Vector256<float> w0 = Vector256.FusedMultiplyAdd(b0, d0, Vector256.Load(block));
            Vector256<float> w1 = Vector256.FusedMultiplyAdd(b0, d1, Vector256.Load(block + Half));
            Vector256<float> w2 = Vector256.FusedMultiplyAdd(b1, d0, Vector256.Load(block + RankBlock));
            Vector256<float> w3 = Vector256.FusedMultiplyAdd(b1, d1, Vector256.Load(block + RankBlock + Half));
            w0.Store(block);
            w1.Store(block + Half);
            w2.Store(block + RankBlock);
            w3.Store(block + RankBlock + Half);
            sum0 = Vector256.FusedMultiplyAdd(s0, w0, sum0);
            sum1 = Vector256.FusedMultiplyAdd(s0, w1, sum1);
            sum2 = Vector256.FusedMultiplyAdd(s1, w2, sum2);
            sum3 = Vector256.FusedMultiplyAdd(s1, w3, sum3);
        }

        if (clause < clauses)
        {
            Vector256<float> b0 = Vector256.Create(before[clause]), s0 = Vector256.Create(s[clause]);
            Vector256<float> w0 = Vector256.FusedMultiplyAdd(b0, d0, Vector256.Load(block));
            Vector256<float> w1 = Vector256.FusedMultiplyAdd(b0, d1, Vector256.Load(block + Half));
            w0.Store(block);
            w1.Store(block + Half);
            sum0 = Vector256.FusedMultiplyAdd(s0, w0, sum0);
            sum1 = Vector256.FusedMultiplyAdd(s0, w1, sum1);
        }

        (sum0 + sum2).Store(product);
        (sum1 + sum3).Store(product + Half);
    }
}
