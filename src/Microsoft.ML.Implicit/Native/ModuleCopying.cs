using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Native;

/// <summary>Copies what modules have learned.</summary>
internal static class ModuleCopying
{
    /// <summary>Copies parameters and buffers to a module of the same shapes, to its device and in its precision.</summary>
    public static void CopyStateTo(this nn.Module source, nn.Module target)
    {
        using IDisposable noGradient = no_grad();
        Dictionary<string, Tensor> state = source.state_dict();
        foreach ((string name, Tensor value) in target.state_dict())
        {
            value.copy_(state[name]);
        }
    }
}
