using TorchSharp;

namespace Microsoft.ML.Implicit.Native.Cuda;

/// <summary>One argument of a kernel: the address of a tensor's elements, or a number.</summary>
internal readonly struct KernelArgument
{
    // Fits every type; a kernel that takes a narrower one reads the leading bytes.
    private readonly ulong _bits;

    private KernelArgument(ulong bits) => _bits = bits;

    public static implicit operator KernelArgument(torch.Tensor tensor)
    {
        nint address = CudaLibraries.THSTensor_data(tensor.Handle);
        GC.KeepAlive(tensor);
        return new KernelArgument((ulong)address);
    }

    public static implicit operator KernelArgument(int value) => new((uint)value);

    public static implicit operator KernelArgument(double value) => new(BitConverter.DoubleToUInt64Bits(value));

    /// <summary>The argument, so that its address can be handed on.</summary>
    public ulong Bits => _bits;
}
