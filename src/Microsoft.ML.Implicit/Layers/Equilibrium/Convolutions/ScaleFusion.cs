using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>
/// A linear map between all resolutions of a multi-scale state: 3 × 3 within a resolution, 1 × 1 between two, after
/// pooling to a coarser one and before repeating to a finer one.
/// </summary>
/// <remarks>Pooling by the mean of k × k pixels times k is orthonormal, and repeating divided by k is its transpose.</remarks>
internal sealed class ScaleFusion(IReadOnlyList<ImageScale> scales)
{
    private int Count => scales.Count;

    /// <summary>Draws a kernel for each pair of resolutions, row by row of the block matrix.</summary>
    public Parameter[] CreateKernels(CellInitializer initializer, double gain) =>
    [
        .. from to in scales
           from @from in scales
           let size = to == @from ? 3 : 1
           select initializer.Normal(gain, @from.Channels * size * size * Count, to.Channels, @from.Channels, size, size),
    ];

    /// <summary>Scales kernels together, so that the norm of the whole map is at most <paramref name="limit"/>.</summary>
    /// <remarks>The norm of a block matrix is at most that of the matrix of the norms of its blocks.</remarks>
    public Tensor[] Limit(IReadOnlyList<Tensor> kernels, double limit)
    {
        Tensor norms = stack([.. kernels.Select(SpectralBound.OfConvolution)]).view(Count, Count);
        Tensor scale = limit.Held() / SpectralBound.Of(norms).clamp_min(1.Held());
        return [.. kernels.Select(kernel => kernel * scale)];
    }

    /// <summary>Applies the map.</summary>
    /// <param name="states">One image tensor a resolution.</param>
    /// <param name="kernels">Kernels as from <see cref="Limit"/>.</param>
    /// <returns>A flat state [batch, total].</returns>
    public Tensor Apply(IReadOnlyList<Tensor> states, IReadOnlyList<Tensor> kernels)
    {
        var rows = new Tensor[Count];
        for (int to = 0; to < Count; to++)
        {
            Tensor sum = ImageConvolution.Apply(states[to], kernels[(to * Count) + to]);
            for (int from = 0; from < Count; from++)
            {
                if (from != to)
                {
                    Tensor kernel = kernels[(to * Count) + from];
                    int factor = 1 << Math.Abs(to - from);
                    sum = sum.Plus(from < to
                        ? ImageConvolution.Apply(Pool(states[from], factor), kernel)
                        : Repeat(ImageConvolution.Apply(states[from], kernel), factor));
                }
            }

            rows[to] = sum.flatten(1);
        }

        return cat(rows, 1);
    }

    /// <summary>Applies the transpose of the map.</summary>
    /// <param name="vector">Flat vector [batch, total].</param>
    /// <param name="kernels">Kernels as from <see cref="Limit"/>.</param>
    /// <returns>One image tensor a resolution.</returns>
    public Tensor[] ApplyTransposed(Tensor vector, IReadOnlyList<Tensor> kernels)
    {
        Tensor[] vectors = [.. scales.Select(scale => scale.Of(vector))];
        var columns = new Tensor[Count];
        for (int from = 0; from < Count; from++)
        {
            Tensor sum = ImageConvolution.ApplyTransposed(vectors[from], kernels[(from * Count) + from]);
            for (int to = 0; to < Count; to++)
            {
                if (from != to)
                {
                    Tensor kernel = kernels[(to * Count) + from];
                    int factor = 1 << Math.Abs(to - from);
                    sum = sum.Plus(from < to
                        ? Repeat(ImageConvolution.ApplyTransposed(vectors[to], kernel), factor)
                        : ImageConvolution.ApplyTransposed(Pool(vectors[to], factor), kernel));
                }
            }

            columns[from] = sum;
        }

        return columns;
    }

    private static Tensor Pool(Tensor image, int factor) => nn.functional.avg_pool2d(image, factor, stride: factor) * factor.Held();

    private static Tensor Repeat(Tensor image, int factor) => nn.functional.interpolate(image, scale_factor: [factor, factor]) / factor.Held();
}
