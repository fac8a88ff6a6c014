using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Layers.Relaxations;

/// <summary>
/// Solutions that are constant on blocks. Which blocks there are is found without a graph, and does not change nearby; given them, a solution is a mean over each block, which
/// autograd differentiates any number of times: the implicit function theorem on the conditions of optimality with their active set held.
/// </summary>
internal static class Blocks
{
    /// <summary>Solves rows on the CPU, in float64.</summary>
    /// <param name="rows">What a row is found from, [rows, values] or more of each.</param>
    /// <param name="width">Number of values of a row.</param>
    /// <param name="solve">Writes the block of each value of a row of finite numbers, from 0 on.</param>
    /// <returns>[rows, values], int64, where the values are; a row that is not finite is one block each.</returns>
    public static Tensor Find(Tensor rows, int width, Action<long, ReadOnlySpan<double>, Span<long>> solve)
    {
        using DisposeScope scope = NewDisposeScope();
        (long count, int length) = (rows.shape[0], (int)rows.shape[1]);
        double[] values = [.. rows.detach().to(ScalarType.Float64).cpu().contiguous().data<double>()];
        long[] blocks = new long[count * width];
        Parallel.For(0, count, row =>
        {
            Span<long> own = blocks.AsSpan((int)row * width, width);
            ReadOnlySpan<double> numbers = values.AsSpan((int)row * length, length);
            for (int i = 0; i < width; i++)
            {
                own[i] = i;
            }

            if (TensorPrimitives.IsFiniteAll(numbers))
            {
                solve(row, numbers, own);
            }
        });
        return tensor(blocks, [count, width]).to(rows.device, copy: true).MoveToOuterDisposeScope();
    }

    /// <summary>The mean of each value's block.</summary>
    /// <param name="values">[rows, values].</param>
    /// <param name="blocks">What <see cref="Find"/> found.</param>
    public static Tensor Mean(Tensor values, Tensor blocks)
    {
        Tensor counts = zeros_like(values).scatter_add(1, blocks, ones_like(values));
        return zeros_like(values).scatter_add(1, blocks, values).gather(1, blocks).div(counts.gather(1, blocks));
    }
}
