using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>Writes the parameters and buffers of a module as plain data, and reads them into a module of the same shape.</summary>
/// <remarks>A tensor without elements tells nothing: a file may have one that the module lacks, as those of version 0.1.0 do.</remarks>
internal static class ModuleState
{
    public static void Write(BinaryWriter writer, nn.Module module) => Write(writer, module.state_dict());

    public static void Write(BinaryWriter writer, Dictionary<string, Tensor> state)
    {
        writer.Write(state.Count);
        foreach ((string name, Tensor value) in state)
        {
            writer.Write(name);
            StoredTensor.Write(writer, value);
        }
    }

    /// <summary>Reads the parameters and buffers of a module.</summary>
    /// <param name="reader">Where they are.</param>
    /// <param name="module">Receives them.</param>
    /// <param name="addedNames">Tensors that older files lack: the module's stay as they are.</param>
    /// <exception cref="FormatException">A tensor is missing, differs in shape or type from the module's, or has a number that is not finite.</exception>
    public static void Read(BinaryReader reader, nn.Module module, params IEnumerable<string> addedNames) => Read(reader, module.state_dict(), addedNames);

    /// <inheritdoc cref="Read(BinaryReader, nn.Module, IEnumerable{string})"/>
    public static void Read(BinaryReader reader, Dictionary<string, Tensor> state, params IEnumerable<string> addedNames)
    {
        var missing = new HashSet<string>(state.Keys);
        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            if (missing.Remove(name))
            {
                StoredTensor.Read(reader, name, state[name]);
            }
            else if (!StoredTensor.SkipEmpty(reader))
            {
                throw new FormatException($"The file holds a tensor '{name}' that the model does not have, or holds it twice.");
            }
        }

        missing.ExceptWith(addedNames);
        if (missing.FirstOrDefault(name => state[name].numel() > 0) is { } absent)
        {
            throw new FormatException($"The file lacks the tensor '{absent}' of the model.");
        }
    }
}
