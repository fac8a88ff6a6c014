using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>Initial weights from a generator of our own; torch's modules draw theirs from the global one.</summary>
internal static class Initialization
{
    public static void Uniform(nn.Module module, double bound, Generator generator)
    {
        using IDisposable noGradient = no_grad();
        foreach (Parameter parameter in module.parameters())
        {
            parameter.uniform_(-bound, bound, generator);
        }
    }

    /// <summary>A linear layer with torch's usual initial weights, U(±1/√inputs).</summary>
    public static Linear Linear(long inputs, long outputs, Generator generator)
    {
        Linear layer = nn.Linear(inputs, outputs);
        Uniform(layer, 1 / Math.Sqrt(inputs), generator);
        return layer;
    }

    /// <summary>A linear layer that gives zeros at first.</summary>
    public static Linear Zero(long inputs, long outputs)
    {
        Linear layer = nn.Linear(inputs, outputs);
        using IDisposable noGradient = no_grad();
        layer.weight.zero_();
        layer.bias!.zero_();
        return layer;
    }
}
