using TorchSharp;

namespace Microsoft.ML.Implicit.Native.Cuda;

/// <summary>One argument of a kernel: the address of a tensor's elements, or a number.</summary>
internal readonly struct KernelArgument
{
    private KernelArgument(ulong bits) => Bits = bits;

    public static implicit operator KernelArgument(torch.Tensor tensor)
    {
        nint address = CudaLibraries.THSTensor_data(tensor.Handle);
        GC.KeepAlive(tensor);
        return new KernelArgument((ulong)address);
    }

    public static implicit operator KernelArgument(int value) => new((uint)value);

    public static implicit operator KernelArgument(long value) => new((ulong)value);

    public static implicit operator KernelArgument(ulong value) => new(value);

    public static implicit operator KernelArgument(double value) => new(BitConverter.DoubleToUInt64Bits(value));

    /// <summary>The argument in a place wide enough for every type; a kernel that takes a narrower one reads the leading bytes.</summary>
    public ulong Bits { get; }
}
