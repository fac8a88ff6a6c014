using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>Writes the parameters and buffers of a module as plain data, and reads them into a module of the same shape.</summary>
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

    /// <exception cref="FormatException">A tensor is missing, differs in shape or type from the module's, or has a number that is not finite.</exception>
    public static void Read(BinaryReader reader, nn.Module module) => Read(reader, module.state_dict());

    /// <inheritdoc cref="Read(BinaryReader, nn.Module)"/>
    public static void Read(BinaryReader reader, Dictionary<string, Tensor> state)
    {
        var missing = new HashSet<string>(state.Keys);
        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            StoredTensor.Read(reader, name, missing.Remove(name) ? state[name] : throw new FormatException($"The file holds a tensor '{name}' that the model does not have, or holds it twice."));
        }

        if (missing.FirstOrDefault() is { } absent)
        {
            throw new FormatException($"The file lacks the tensor '{absent}' of the model.");
        }
    }
}
