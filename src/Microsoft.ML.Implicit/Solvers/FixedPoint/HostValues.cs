using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>Moves small tables of numbers between a device and the host.</summary>
/// <remarks>A copy from pageable memory has left it when the call returns, so that writing need not wait for the device.</remarks>
internal static class HostValues
{
    /// <summary>Reads a tensor, waiting for the device once.</summary>
    /// <param name="source">Floating point, on any device.</param>
    /// <param name="values">Receives the elements in row-major order.</param>
    public static void Read(Tensor source, Span<double> values)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor host = source.cpu().contiguous();
        if (host.dtype == ScalarType.Float32)
        {
            ReadOnlySpan<float> singles = MemoryMarshal.Cast<byte, float>(host.bytes);
            for (int i = 0; i < singles.Length; i++)
            {
                values[i] = singles[i];
            }
        }
        else
        {
            MemoryMarshal.Cast<byte, double>(host.to(ScalarType.Float64).bytes).CopyTo(values);
        }
    }

    /// <summary>Writes a table to a device.</summary>
    /// <param name="values">Elements in row-major order; what exceeds the shape is left out.</param>
    /// <param name="shape">Shape of the tensor.</param>
    /// <param name="like">Gives the type and the device.</param>
    public static Tensor Write(ReadOnlySpan<double> values, ReadOnlySpan<long> shape, Tensor like)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor host;
        if (like.dtype == ScalarType.Float32)
        {
            host = empty(shape, ScalarType.Float32);
            Span<float> singles = MemoryMarshal.Cast<byte, float>(host.bytes);
            for (int i = 0; i < singles.Length; i++)
            {
                singles[i] = (float)values[i];
            }
        }
        else
        {
            host = empty(shape, ScalarType.Float64);
            Span<double> doubles = MemoryMarshal.Cast<byte, double>(host.bytes);
            values[..doubles.Length].CopyTo(doubles);
        }

        return host.to(like.dtype).to(like.device, non_blocking: true).MoveToOuterDisposeScope();
    }

    /// <summary>Writes row indices to a device.</summary>
    public static Tensor WriteIndices(ReadOnlySpan<int> indices, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor host = empty(indices.Length, ScalarType.Int64);
        Span<long> values = MemoryMarshal.Cast<byte, long>(host.bytes);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = indices[i];
        }

        return host.to(device, non_blocking: true).MoveToOuterDisposeScope();
    }

    /// <summary>Writes a mask of rows to a device, Boolean [rows, 1].</summary>
    public static Tensor WriteMask(ReadOnlySpan<bool> mask, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor host = empty([mask.Length, 1], ScalarType.Bool);
        mask.CopyTo(MemoryMarshal.Cast<byte, bool>(host.bytes));
        return host.to(device, non_blocking: true).MoveToOuterDisposeScope();
    }
}
