using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>A tensor as plain data: type, shape, numbers.</summary>
internal static class StoredTensor
{
    // The product of three such is still a float32.
    private const double LargestWeight = 1e12;

    public static void Write(BinaryWriter writer, Tensor value)
    {
        using Tensor local = value.detach().cpu().contiguous();
        writer.Write((byte)local.dtype);
        writer.Write(local.dim());
        foreach (long size in local.shape)
        {
            writer.Write(size);
        }

        writer.Write(local.bytes);
    }

    /// <summary>Reads a tensor into one of the same type and shape.</summary>
    /// <param name="reader">Where it is.</param>
    /// <param name="name">For messages.</param>
    /// <param name="target">Receives its numbers.</param>
    /// <param name="mayBeMissing">Whether NaN stands for a number that there is not.</param>
    /// <exception cref="FormatException">It differs in type or shape, or has a number that is not finite.</exception>
    public static void Read(BinaryReader reader, string name, Tensor target, bool mayBeMissing = false)
    {
        var type = (ScalarType)reader.ReadByte();
        long[] shape = new long[CheckRank(reader.ReadInt64(), name, target)];
        for (int d = 0; d < shape.Length; d++)
        {
            shape[d] = reader.ReadInt64();
        }

        if (type != target.dtype || !shape.AsSpan().SequenceEqual(target.shape))
        {
            throw new FormatException(
                $"Tensor '{name}' of the file is {type}[{string.Join(", ", shape)}]; the model has {target.dtype}[{string.Join(", ", target.shape)}].");
        }

        using IDisposable noGradient = no_grad();
        using Tensor local = empty(shape, type);
        reader.BaseStream.ReadExactly(local.bytes);
        if (!mayBeMissing)
        {
            CheckFinite(local, name);
        }

        target.copy_(local);
    }

    /// <exception cref="FormatException">A number is not finite.</exception>
    public static void CheckFinite(Tensor numbers, string name)
    {
        if (!IsFinite(numbers.bytes, numbers.dtype))
        {
            throw new FormatException($"Tensor '{name}' of the file has a number that is not finite.");
        }
    }

    /// <summary>Refuses weights that no training reaches, with which a network computes what is not finite.</summary>
    /// <exception cref="FormatException">A weight is too large.</exception>
    public static void CheckWeights(Parameter weights, string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor local = weights.detach();
        if (local.numel() > 0 && local.is_floating_point() && local.abs().max().ReadDouble() > LargestWeight)
        {
            throw new FormatException($"Tensor '{name}' of the file has a weight of more than {LargestWeight:G1}, which no training reaches.");
        }
    }

    private static long CheckRank(long rank, string name, Tensor target) => rank == target.dim()
        ? rank
        : throw new FormatException($"Tensor '{name}' of the file has {rank} dimensions; the model has {target.dim()}.");

    private static bool IsFinite(ReadOnlySpan<byte> numbers, ScalarType type) => numbers.IsEmpty || type switch
    {
        ScalarType.Float32 => TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, float>(numbers)),
        ScalarType.Float64 => TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, double>(numbers)),
        _ => true,
    };
}
