using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Convolutions of images with kernels of odd height and width, and their transposes.</summary>
/// <remarks>
/// On AMD's processors with AVX-512 a convolution is a matrix product with the image's patches. The convolutions of the native library's
/// oneDNN are not used there: their gradients with respect to the image differ from run to run, or are NaN, where the number
/// of channels is no multiple of 64. On other processors they are right and take half the time of the products, and so are cuDNN's.
/// </remarks>
internal static class ImageConvolution
{
    private const int ExtendedFeatures = 7;
    private const int Avx512Foundation = 1 << 16;

    // "Auth", as AMD's vendor string begins.
    private const int Amd = 0x68747541;

    // Asked of the processor itself: the runtime can be told to do without what the native library uses.
    private static readonly bool MultipliesPatches = X86Base.IsSupported && X86Base.CpuId(0, 0).Ebx == Amd && (X86Base.CpuId(ExtendedFeatures, 0).Ebx & Avx512Foundation) != 0;

    /// <summary>Correlates images with a kernel, padded with zeros so that a stride of one keeps their size.</summary>
    /// <param name="image">Images [batch, input, height, width].</param>
    /// <param name="kernel">Kernel [output, input, kernel height, kernel width].</param>
    /// <param name="stride">Stride.</param>
    /// <returns>Images [batch, output, ⌈height / stride⌉, ⌈width / stride⌉].</returns>
    public static Tensor Apply(Tensor image, Tensor kernel, long stride = 1)
    {
        (long rows, long columns) = (kernel.shape[2], kernel.shape[3]);
        (long above, long before) = (rows / 2, columns / 2);
        if (image.device_type != DeviceType.CPU || !MultipliesPatches)
        {
            return nn.functional.conv2d(image, kernel, strides: [stride, stride], padding: [above, before]);
        }

        long height = ((image.shape[2] - 1) / stride) + 1;
        long width = ((image.shape[3] - 1) / stride) + 1;
        bool isPatch = rows == 1 && columns == 1 && stride == 1;
        Tensor patches = isPatch ? image.flatten(2) : nn.functional.unfold(image, (rows, columns), padding: (above, before), stride: (stride, stride));
        return kernel.flatten(1).matmul(patches).view(image.shape[0], kernel.shape[0], height, width);
    }

    /// <summary>Applies the transpose of <see cref="Apply"/> with stride one: it correlates with the kernel turned by half a turn.</summary>
    /// <param name="image">Images [batch, output, height, width].</param>
    /// <param name="kernel">Kernel [output, input, kernel height, kernel width].</param>
    /// <returns>Images [batch, input, height, width].</returns>
    public static Tensor ApplyTransposed(Tensor image, Tensor kernel) => Apply(image, kernel.transpose(0, 1).flip(2, 3));
}
