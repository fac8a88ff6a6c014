using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>Draws initial weights from a generator of one's own, so that no global seed is touched.</summary>
/// <param name="generator">Source of randomness, on the CPU.</param>
/// <param name="dtype">Type of the parameters.</param>
internal sealed class CellInitializer(Generator generator, ScalarType dtype)
{
    /// <summary>A weight of independent normal entries of standard deviation <paramref name="gain"/> / √fanIn.</summary>
    public Parameter Normal(double gain, long fanIn, params long[] shape)
    {
        using var scope = NewDisposeScope();
        Tensor weight = randn(shape, dtype, generator: generator).mul_((gain / Math.Sqrt(fanIn)).Held());
        return new Parameter(weight.MoveToOuterDisposeScope());
    }

    /// <summary>A parameter of equal entries.</summary>
    public Parameter Constant(double value, params long[] shape) => new(full(shape, value.Held(), dtype));
}
