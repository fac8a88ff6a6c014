using System.Numerics;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>A history on the CPU: one vectorised pass over a row, whose slots lie side by side, for what takes several small tensor operations.</summary>
/// <typeparam name="T">Element type of the state.</typeparam>
/// <remarks>The rings are [rows, memory, width].</remarks>
internal sealed unsafe class ManagedAndersonHistory<T> : AndersonHistory
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _width;
    private Tensor _images;
    private Tensor _residuals;

    public ManagedAndersonHistory(int memory, Tensor start)
        : base(memory)
    {
        _width = (int)start.shape[1];
        _images = empty([start.shape[0], memory, _width], start.dtype).MoveToOuterDisposeScope();
        _residuals = empty_like(_images).MoveToOuterDisposeScope();
    }

    public override Tensor Combine(ReadOnlySpan<double> weights, double damping)
    {
        Tensor next = empty([_images.shape[0], _width], _images.dtype);
        T* images = _images.Pointer<T>(), residuals = _residuals.Pointer<T>(), destination = next.Pointer<T>();
        fixed (double* first = weights)
        {
            double* alpha = first;
            int passes = damping == 0 ? 1 : 2;
            Rows(passes).Run((_, row) =>
            {
                var sum = new Span<T>(destination + ((long)row * _width), _width);
                sum.Clear();
                for (int slot = 0; slot < Count; slot++)
                {
                    double weight = alpha[(row * Count) + slot];
                    TensorPrimitives.MultiplyAdd(Slot(images, row, slot), T.CreateChecked(weight), sum, sum);
                    if (damping != 0)
                    {
                        TensorPrimitives.MultiplyAdd(Slot(residuals, row, slot), T.CreateChecked(-damping * weight), sum, sum);
                    }
                }
            });
        }

        return next;
    }

    public override void SelectRows(Tensor rows)
    {
        Select(ref _images, 0, rows);
        Select(ref _residuals, 0, rows);
    }

    protected override Tensor Store(Tensor z, Tensor f)
    {
        Tensor products = empty([z.shape[0], Count], ScalarType.Float64);
        T* iterate = z.contiguous().Pointer<T>(), image = f.contiguous().Pointer<T>(), images = _images.Pointer<T>(), residuals = _residuals.Pointer<T>();
        double* product = products.Pointer<double>();
        Rows(1).Run((_, row) =>
        {
            var newImage = new ReadOnlySpan<T>(image + ((long)row * _width), _width);
            newImage.CopyTo(Slot(images, row, Newest));
            Span<T> residual = Slot(residuals, row, Newest);
            TensorPrimitives.Subtract(newImage, new ReadOnlySpan<T>(iterate + ((long)row * _width), _width), residual);
            for (int slot = 0; slot < Count; slot++)
            {
                product[(row * Count) + slot] = double.CreateChecked(TensorPrimitives.Dot<T>(residual, Slot(residuals, row, slot)));
            }
        });
        return products;
    }

    private TileLoop Rows(int passes) => new((int)_images.shape[0], get_num_threads(), (long)passes * Count * _width);

    private Span<T> Slot(T* ring, int row, int slot) => new(ring + (((long)row * Memory) + slot) * _width, _width);
}
