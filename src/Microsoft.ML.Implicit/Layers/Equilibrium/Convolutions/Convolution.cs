using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>Convolutions of images with square kernels of odd size, and their transposes.</summary>
/// <remarks>
/// On a processor with AVX-512 a convolution is a matrix product with the image's patches. The convolutions of the native library's
/// oneDNN are not used there: on AMD's their gradients with respect to the image differ from run to run, or are NaN, where the number
/// of channels is no multiple of 64. On other processors they are right and take half the time of the products, and so are cuDNN's.
/// </remarks>
internal static class Convolution
{
    private const int ExtendedFeatures = 7;
    private const int Avx512Foundation = 1 << 16;

    // Asked of the processor itself: the runtime can be told to do without what the native library uses.
    private static readonly bool HasAvx512 = X86Base.IsSupported && (X86Base.CpuId(ExtendedFeatures, 0).Ebx & Avx512Foundation) != 0;

    /// <summary>Correlates images with a kernel, padded with zeros so that a stride of one keeps their size.</summary>
    /// <param name="image">Images [batch, input, height, width].</param>
    /// <param name="kernel">Kernel [output, input, size, size].</param>
    /// <param name="stride">Stride.</param>
    /// <returns>Images [batch, output, ⌈height / stride⌉, ⌈width / stride⌉].</returns>
    public static Tensor Apply(Tensor image, Tensor kernel, long stride = 1)
    {
        long size = kernel.shape[2];
        long padding = size / 2;
        if (image.device_type != DeviceType.CPU || !HasAvx512)
        {
            return nn.functional.conv2d(image, kernel, strides: [stride, stride], padding: [padding, padding]);
        }

        long height = ((image.shape[2] - 1) / stride) + 1;
        long width = ((image.shape[3] - 1) / stride) + 1;
        Tensor patches = size == 1 && stride == 1 ? image.flatten(2) : nn.functional.unfold(image, (size, size), padding: (padding, padding), stride: (stride, stride));
        return kernel.flatten(1).matmul(patches).view(image.shape[0], kernel.shape[0], height, width);
    }

    /// <summary>Applies the transpose of <see cref="Apply"/> with stride one: it correlates with the kernel turned by half a turn.</summary>
    /// <param name="image">Images [batch, output, height, width].</param>
    /// <param name="kernel">Kernel [output, input, size, size].</param>
    /// <returns>Images [batch, input, height, width].</returns>
    public static Tensor ApplyTransposed(Tensor image, Tensor kernel) => Apply(image, kernel.transpose(0, 1).flip(2, 3));
}
