using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Native;

/// <summary>Direct access to the elements of tensors on the CPU.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>Address of the first element, for as long as the tensor lives.</summary>
    /// <typeparam name="T">Element type of the tensor.</typeparam>
    /// <param name="tensor">A contiguous tensor on the CPU.</param>
    public static T* Pointer<T>(this Tensor tensor)
        where T : unmanaged
    {
        fixed (byte* pointer = tensor.bytes)
        {
            return (T*)pointer;
        }
    }

    /// <summary>Copies the elements of a tensor, row by row.</summary>
    /// <param name="tensor">float32, on the CPU.</param>
    public static float[] ReadSingles(this Tensor tensor)
    {
        using Tensor contiguous = tensor.detach().contiguous();
        return MemoryMarshal.Cast<byte, float>(contiguous.bytes).ToArray();
    }

    /// <summary>Copies the elements of a tensor, row by row.</summary>
    /// <param name="tensor">float64, on the CPU.</param>
    public static double[] ReadDoubles(this Tensor tensor)
    {
        using Tensor contiguous = tensor.detach().contiguous();
        return contiguous.numel() == 0 ? [] : new ReadOnlySpan<double>(contiguous.Pointer<double>(), checked((int)contiguous.numel())).ToArray();
    }
}
