using System.Numerics;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian.Managed;

/// <summary>y + a f + b g W of diagonal noise, in blocks that lie in the cache from the first operation to the last.</summary>
internal static unsafe class ManagedMove
{
    private const int Block = 1024;
    private const int WorkPerNumber = 32;

    /// <summary>Computes it.</summary>
    /// <param name="noise">W.</param>
    /// <param name="state">y, float32 or float64, contiguous, of as many elements as the noise has.</param>
    /// <param name="drift">f, likewise.</param>
    /// <param name="diffusion">g, likewise.</param>
    /// <param name="driftWeight">a.</param>
    /// <param name="noiseWeight">b.</param>
    /// <returns>Of the shape of the state.</returns>
    public static Tensor Run(ReadOnlyMemory<double> noise, Tensor state, Tensor drift, Tensor diffusion, double driftWeight, double noiseWeight)
    {
        Tensor result = empty_like(state);
        if (state.dtype == ScalarType.Float64)
        {
            Run(noise, state.Pointer<double>(), drift.Pointer<double>(), diffusion.Pointer<double>(), result.Pointer<double>(), driftWeight, noiseWeight);
        }
        else
        {
            Run(noise, state.Pointer<float>(), drift.Pointer<float>(), diffusion.Pointer<float>(), result.Pointer<float>(), (float)driftWeight, (float)noiseWeight);
        }

        return result;
    }

    private static void Run<T>(ReadOnlyMemory<double> noise, T* state, T* drift, T* diffusion, T* result, T driftWeight, T noiseWeight)
        where T : unmanaged, INumberBase<T>
    {
        int blocks = (noise.Length + Block - 1) / Block;
        new TileLoop(blocks, get_num_threads(), WorkPerNumber * Math.Min(Block, noise.Length)).Run((_, block) =>
        {
            int start = block * Block;
            int length = Math.Min(Block, noise.Length - start);
            Span<T> w = stackalloc T[length];
            Span<T> target = new(result + start, length);
            TensorPrimitives.ConvertTruncating(noise.Span.Slice(start, length), w);
            TensorPrimitives.Multiply(w, noiseWeight, w);
            TensorPrimitives.MultiplyAdd(new ReadOnlySpan<T>(drift + start, length), driftWeight, new ReadOnlySpan<T>(state + start, length), target);
            TensorPrimitives.MultiplyAdd(new ReadOnlySpan<T>(diffusion + start, length), w, target, target);
        });
    }
}
