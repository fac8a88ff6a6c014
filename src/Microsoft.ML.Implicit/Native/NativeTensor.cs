using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Native;

/// <summary>Tensors of numbers that arrays hold.</summary>
/// <remarks>
/// A tensor that TorchSharp makes of an array lives in the array's own memory, whose alignment varies from run to run, and with it
/// the order in which native products add: the same numbers would not always give the same result to the last digit.
/// </remarks>
internal static class NativeTensor
{
    /// <summary>Copies numbers into memory of the native library.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="shape">Shape of the tensor.</param>
    /// <param name="device">Where it is to be; null for the CPU.</param>
    public static Tensor Of(float[] values, long[] shape, Device? device = null) => Copy(tensor(values, shape), device);

    /// <inheritdoc cref="Of(float[], long[], Device?)"/>
    public static Tensor Of(double[] values, long[] shape, Device? device = null) => Copy(tensor(values, shape), device);

    /// <inheritdoc cref="Of(float[], long[], Device?)"/>
    public static Tensor Of(long[] values, long[] shape, Device? device = null) => Copy(tensor(values, shape), device);

    private static Tensor Copy(Tensor managed, Device? device)
    {
        using (managed)
        {
            return device is null || device.type == TorchSharp.DeviceType.CPU ? managed.clone() : managed.to(device);
        }
    }
}
