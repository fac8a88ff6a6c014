using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>The state of a generator of random numbers on the CPU.</summary>
internal static class GeneratorState
{
    public static void Write(BinaryWriter writer, Generator generator)
    {
        using Tensor state = generator.get_state();
        writer.Write(state.bytes);
    }

    /// <exception cref="FormatException">A generator cannot have this state.</exception>
    public static void Read(BinaryReader reader, Generator generator)
    {
        using Tensor state = generator.get_state();
        reader.BaseStream.ReadExactly(state.bytes);
        try
        {
            generator.set_state(state);
        }
        catch (ExternalException exception)
        {
            throw new FormatException("The file holds an impossible state of a generator of random numbers.", exception);
        }
    }
}
