using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>Finds rows of a batch that are not finite, with one host read, or none for memory of the host.</summary>
internal static class FiniteRows
{
    /// <summary>Tells for each row whether some element of it is not finite.</summary>
    /// <param name="batch"><c>[batch, ...]</c>, float32 or float64, contiguous.</param>
    public static bool[] FindNotFinite(Tensor batch)
    {
        if (batch.device_type == DeviceType.CPU)
        {
            return batch.dtype == ScalarType.Float64
                ? Find(MemoryMarshal.Cast<byte, double>(batch.bytes), (int)batch.shape[0])
                : Find(MemoryMarshal.Cast<byte, float>(batch.bytes), (int)batch.shape[0]);
        }

        if (AreFinite(batch))
        {
            return new bool[batch.shape[0]];
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor notFinite = batch.isfinite().logical_not_().view(batch.shape[0], -1).any(1);
        return [.. notFinite.cpu().data<bool>()];
    }

    /// <summary>Tells whether all elements are finite, with few launches: their sum is finite then, if it is not too large.</summary>
    /// <param name="tensors">float32 or float64, all on one device.</param>
    public static bool AreFinite(params ReadOnlySpan<Tensor> tensors)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor total = tensors[0].sum(ScalarType.Float64);
        foreach (Tensor tensor in tensors[1..])
        {
            total.PlusInPlace(tensor.sum(ScalarType.Float64));
        }

        return double.IsFinite(total.item<double>()) || tensors.ToArray().All(tensor => tensor.isfinite().all().item<bool>());
    }

    private static bool[] Find<T>(ReadOnlySpan<T> values, int rows)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool[] notFinite = new bool[rows];
        if (TensorPrimitives.IsFiniteAll(values))
        {
            return notFinite;
        }

        int width = values.Length / rows;
        for (int row = 0; row < rows; row++)
        {
            foreach (T value in values.Slice(row * width, width))
            {
                notFinite[row] |= !T.IsFinite(value);
            }
        }

        return notFinite;
    }
}
