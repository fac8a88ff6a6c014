using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>Writes the parameters and buffers of a module as plain data, and reads them into a module of the same shape.</summary>
internal static class ModuleState
{
    public static void Write(BinaryWriter writer, nn.Module module)
    {
        Dictionary<string, Tensor> state = module.state_dict();
        writer.Write(state.Count);
        foreach ((string name, Tensor value) in state)
        {
            using Tensor local = value.detach().cpu().contiguous();
            writer.Write(name);
            writer.Write((byte)local.dtype);
            writer.Write(local.dim());
            foreach (long size in local.shape)
            {
                writer.Write(size);
            }

            writer.Write(local.bytes);
        }
    }

    /// <exception cref="FormatException">A tensor is missing, or differs in shape or type from the module's.</exception>
    public static void Read(BinaryReader reader, nn.Module module)
    {
        Dictionary<string, Tensor> state = module.state_dict();
        int count = reader.ReadInt32();
        if (count != state.Count)
        {
            throw new FormatException($"The model file holds {count} tensors where the model has {state.Count}.");
        }

        using IDisposable noGradient = no_grad();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            if (!state.TryGetValue(name, out Tensor? target))
            {
                throw new FormatException($"The model file holds a tensor '{name}' that the model does not have.");
            }

            ReadTensor(reader, name, target);
        }
    }

    private static void ReadTensor(BinaryReader reader, string name, Tensor target)
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
                $"Tensor '{name}' of the model file is {type}[{string.Join(", ", shape)}]; the model has {target.dtype}[{string.Join(", ", target.shape)}].");
        }

        using Tensor local = empty(shape, type);
        reader.BaseStream.ReadExactly(local.bytes);
        target.copy_(local);
    }

    private static long CheckRank(long rank, string name, Tensor target) => rank == target.dim()
        ? rank
        : throw new FormatException($"Tensor '{name}' of the model file has {rank} dimensions; the model has {target.dim()}.");
}
